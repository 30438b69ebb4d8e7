import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { invalidArgument, unavailable } from '../errors/service-error';
import { RequestContext, remainingMs, runInContext } from '../observability/request-context';
import { isSchemaLacking, isUnavailable, isUnstorableText } from './mysql-errors';
import type { DataSourceName } from './data-source.options';
import type { MysqlAddress } from './dsn';
import { returnLocks } from './named-lock';
import { schemaIncomplete } from './schema-incomplete';
import { prepareSessions, type DatabasePool } from './session';
import { settleTls } from './tls-preference';

/** Outside a request nobody waits with a clock: a background statement may take this long. */
const BACKGROUND_LIMIT_MS = 30_000;

const UNSTORABLE_RULE = 'must hold only characters that the database can store';
const PING_MS = 1_000;

interface Destroyable {
  destroy(): void;
}

/** One of the two databases: connections that are handed out for a bounded time. */
export class Database {
  private settled: MysqlAddress | undefined;
  private failureListener: (error: unknown) => void = () => undefined;
  private writeGuard: () => Promise<void> = () => Promise.resolve();

  constructor(
    readonly name: DataSourceName,
    readonly dataSource: DataSource,
    private readonly configured: MysqlAddress,
  ) {}

  /** Where it is, and whether the way there is encrypted. Throws when that is for the server to say and it is away. */
  async address(): Promise<MysqlAddress> {
    this.settled ??= await settleTls(this.configured);
    return this.settled;
  }

  /** `tls=preferred`, and the server offers none. */
  get isPlainForWantOfTls(): boolean {
    return this.settled?.params.tls === 'preferred' && this.settled.params.ssl === undefined;
  }

  async connect(): Promise<void> {
    if (this.dataSource.isInitialized) return;
    const { params } = await this.address();
    // The driver's options are its own copy, and the pool is made of them.
    if (params.ssl !== undefined) Object.assign(this.dataSource.driver.options, { ssl: params.ssl });
    await this.dataSource.initialize();
    await prepareSessions(this.pool);
  }

  async close(): Promise<void> {
    this.settled = undefined;
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  /** Asked before anything is changed. */
  guardWrites(guard: () => Promise<void>): void {
    this.writeGuard = guard;
  }

  /** Hears of every statement that failed, as the driver tells it. */
  onFailure(listener: (error: unknown) => void): void {
    this.failureListener = listener;
  }

  /** Throws `SCHEMA_INCOMPLETE` when a change could not be right. */
  assertWritable(): Promise<void> {
    return this.writeGuard();
  }

  /** Connections by state, for the metrics. */
  poolUse(): { used: number; idle: number; waiting: number } {
    if (!this.dataSource.isInitialized) return { used: 0, idle: 0, waiting: 0 };
    const { _allConnections: all, _freeConnections: free, _connectionQueue: queue } = this.pool;
    return { used: all.length - free.length, idle: free.length, waiting: queue.length };
  }

  async ping(): Promise<void> {
    await runInContext(new RequestContext('ping', PING_MS), () => this.read((manager) => manager.query('SELECT 1')));
  }

  /** Statements on one connection, each its own transaction. Throws `UNAVAILABLE` when the database is not there in time. */
  read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.withRunner((runner) => work(runner.manager));
  }

  /**
   * Lends a connection until the request's deadline. Past it the connection is cut, so that the server rolls back what
   * was open, and the caller gets `UNAVAILABLE`.
   */
  async withRunner<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    if (!this.dataSource.isInitialized) throw unavailable(`database ${this.name}`);
    const runner = this.dataSource.createQueryRunner();
    let cut = false;
    const working = this.lend(runner, work, () => cut);
    const timeoutMs = Math.max(0, Math.min(remainingMs(), this.limitMs));
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        cut = true;
        this.cutOff(runner);
        reject(unavailable(`database ${this.name}`, new Error(`no answer within ${Math.round(timeoutMs)} ms`)));
      }, timeoutMs);
    });
    try {
      return await Promise.race([working, deadline]);
    } catch (error) {
      throw this.translate(error);
    } finally {
      clearTimeout(timer);
      working.catch(() => undefined);
    }
  }

  /** The DSN may ask for less patience than we have. */
  private get limitMs(): number {
    const { readTimeoutMs = 0, writeTimeoutMs = 0 } = this.configured.params;
    return Math.min(BACKGROUND_LIMIT_MS, ...[readTimeoutMs, writeTimeoutMs].filter((limit) => limit > 0));
  }

  private translate(error: unknown): unknown {
    this.failureListener(error);
    if (isUnavailable(error)) return unavailable(`database ${this.name}`, error);
    if (isSchemaLacking(error)) return schemaIncomplete(this.name, error);
    if (isUnstorableText(error)) return invalidArgument([{ field: 'body', rule: UNSTORABLE_RULE }]);
    return error;
  }

  private async lend<T>(
    runner: QueryRunner,
    work: (runner: QueryRunner) => Promise<T>,
    isCut: () => boolean,
  ): Promise<T> {
    try {
      await runner.connect();
      if (isCut()) throw unavailable(`database ${this.name}`);
      return await work(runner);
    } finally {
      // With a transaction still open (its work was given up) the connection must not serve anybody else.
      if (runner.isTransactionActive) this.cutOff(runner);
      if (!runner.isReleased) await this.takeBack(runner);
    }
  }

  private async takeBack(runner: QueryRunner): Promise<void> {
    await returnLocks(runner).catch(() => this.cutOff(runner));
    if (!runner.isReleased) await runner.release();
  }

  private cutOff(runner: QueryRunner): void {
    const connection = (runner as unknown as { databaseConnection?: Destroyable }).databaseConnection;
    connection?.destroy();
    if (connection !== undefined && !runner.isReleased) void runner.release();
  }

  private get pool(): DatabasePool {
    return (this.dataSource.driver as unknown as { pool: DatabasePool }).pool;
  }
}

import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { invalidArgument, unavailable } from '../../errors/service-error';
import { RequestContext, remainingMs, runInContext } from '../../observability/request-context';
import { TimeoutError, withTimeout } from '../../observability/timeout';
import type { DataSourceName } from './data-source.options';
import type { MysqlAddress } from './dsn';
import {
  isDeadlockOrLockWait,
  isConnectionLost,
  isReadOnly,
  isSchemaLacking,
  isServersOwn,
  isUnstorableText,
  tooLongColumn,
} from '../mysql-errors';
import { returnLocks } from '../lock/named-lock';
import { PoolWatch } from './pool-watch';
import { schemaIncomplete } from '../schema/schema-incomplete';
import { prepareSessions, type DatabasePool, type RawConnection } from './session';
import { mayBeOf } from './statement-owners';
import { settleTls } from './tls-preference';

/** Outside a request nobody waits with a clock: a background statement may take this long. */
const BACKGROUND_LIMIT_MS = 30_000;

const UNSTORABLE_RULE = 'must hold only characters that the database can store';
const TOO_LONG_RULE = 'is longer than the database can store';
const ATTEMPTS = 3;
const PING_MS = 1_000;
const CLOSE_MS = 2_000;

/** A connection that is lent, for as long as its borrower has time. */
interface Loan {
  runner: QueryRunner | undefined;
  isCut: boolean;
}

/** One of the two databases: connections that are handed out for a bounded time. */
export class Database {
  private watch: PoolWatch | undefined;
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
    Object.assign(this.dataSource.driver.options, { ssl: params.ssl });
    await this.dataSource.initialize();
    this.watch = new PoolWatch(this.pool);
    await prepareSessions(this.pool, params.collation);
  }

  /** In order while the server answers; a connection that went silent is not waited for. */
  async close(): Promise<void> {
    this.settled = undefined;
    if (!this.dataSource.isInitialized) return;
    const { pool } = this;
    await withTimeout(() => this.dataSource.destroy(), CLOSE_MS).catch((error: unknown) => {
      for (const connection of pool._allConnections.toArray()) connection.destroy();
      if (!(error instanceof TimeoutError)) throw error;
    });
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

  /**
   * Statements on one connection, each its own transaction; a conflict that a server made of one has changed nothing, so it
   * is tried again. Throws `UNAVAILABLE` when the database is not there in time.
   */
  async read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.withRunner((runner) => work(runner.manager));
      } catch (error) {
        if (!isDeadlockOrLockWait(error)) throw error;
        if (attempt === ATTEMPTS) throw unavailable(`database ${this.name}`, error);
      }
    }
  }

  /**
   * Lends a connection until the request's deadline. Past it the connection is cut, so that the server rolls back what
   * was open, and the caller gets `UNAVAILABLE`.
   */
  async withRunner<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    if (!this.dataSource.isInitialized) throw unavailable(`database ${this.name}`);
    const loan: Loan = { runner: undefined, isCut: false };
    const startedAt = performance.now();
    const working = this.lend(loan, work);
    const timeoutMs = Math.max(0, Math.min(remainingMs(), this.limitMs));
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        loan.isCut = true;
        if (loan.runner) this.cutOff(loan.runner);
        // A server that has answered nobody since is out of reach on every idle connection.
        if (this.watch?.hasHeardSince(startedAt) === false) this.watch.discardIdle(startedAt);
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
    if (!mayBeOf(this.dataSource, error)) return error;
    this.failureListener(error);
    if (isSchemaLacking(error)) return schemaIncomplete(this.name, error);
    if (isServersOwn(error)) return unavailable(`database ${this.name}`, error);
    if (isUnstorableText(error)) return invalidArgument([{ field: 'body', rule: UNSTORABLE_RULE }]);
    const column = tooLongColumn(error);
    return column === undefined ? error : invalidArgument([{ field: column, rule: TOO_LONG_RULE }]);
  }

  private async lend<T>(loan: Loan, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const runner = await this.borrow(loan);
    let isGood = true;
    try {
      const result = await work(runner);
      const connection = connectionOf(runner);
      if (connection !== undefined) this.watch?.heard(connection);
      return result;
    } catch (error) {
      isGood = !this.discredits(error, runner);
      throw error;
    } finally {
      // With a transaction still open (its work was given up) the connection must not serve anybody else.
      if (!isGood || runner.isTransactionActive) this.cutOff(runner);
      if (!runner.isReleased) await this.takeBack(runner);
    }
  }

  /** Nothing is sent on a connection that was silent for a while before the server has answered on it. */
  private async borrow(loan: Loan): Promise<QueryRunner> {
    for (;;) {
      const runner = this.dataSource.createQueryRunner();
      loan.runner = runner;
      await runner.connect();
      if (loan.isCut) {
        if (!runner.isReleased) await runner.release();
        throw unavailable(`database ${this.name}`);
      }
      const connection = connectionOf(runner);
      if (connection === undefined || (await this.watch?.proves(connection, remainingMs())) !== false) return runner;
      this.cutOff(runner);
      this.watch?.discardIdle();
    }
  }

  /** After a fail-over the old connections lead to a server that only reads: none of them is lent again. */
  private discredits(error: unknown, runner: QueryRunner): boolean {
    if (!mayBeOf(this.dataSource, error)) return false;
    const connection = connectionOf(runner);
    if (isReadOnly(error)) this.watch?.discardIdle();
    else if (connection !== undefined && !isConnectionLost(error)) this.watch?.heard(connection);
    return isReadOnly(error);
  }

  private async takeBack(runner: QueryRunner): Promise<void> {
    await returnLocks(runner).catch(() => this.cutOff(runner));
    if (!runner.isReleased) await runner.release();
  }

  private cutOff(runner: QueryRunner): void {
    const connection = connectionOf(runner);
    connection?.destroy();
    if (connection !== undefined && !runner.isReleased) void runner.release();
  }

  private get pool(): DatabasePool {
    return (this.dataSource.driver as unknown as { pool: DatabasePool }).pool;
  }
}

function connectionOf(runner: QueryRunner): RawConnection | undefined {
  return (runner as unknown as { databaseConnection?: RawConnection }).databaseConnection;
}

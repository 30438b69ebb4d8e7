import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { unavailable } from '../../errors/service-error';
import { RequestContext, remainingMs, runInContext } from '../../observability/request-context';
import { TimeoutError, withTimeout } from '../../observability/timeout';
import { isConnectionLost, isDeadlockOrLockWait, isReadOnly, toServiceError } from '../mysql-errors';
import { settleTls } from './connection';
import { ConnectionPool } from './connection-pool';
import { mayBeOf, type DataSourceName } from './data-source.options';
import type { MysqlAddress } from './dsn';

/** Outside a request there is no deadline: a background statement may take this long. */
const BACKGROUND_LIMIT_MS = 30_000;
const ATTEMPTS = 3;
const PING_MS = 1_000;
const CLOSE_MS = 2_000;

/** A connection that is lent, for as long as its borrower has time. */
interface Loan {
  runner: QueryRunner | undefined;
  isOver: boolean;
}

/** One of the two databases: connections that are handed out for a bounded time. */
export class Database {
  private pool: ConnectionPool | undefined;
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
    this.pool = new ConnectionPool(this.dataSource);
    await this.pool.prepare(params.collation);
  }

  /** In order while the server answers; a connection that went silent is not waited for. */
  async close(): Promise<void> {
    const { pool } = this;
    this.settled = undefined;
    this.pool = undefined;
    if (!this.dataSource.isInitialized) return;
    await withTimeout(() => this.dataSource.destroy(), CLOSE_MS).catch((error: unknown) => {
      pool?.destroyAll();
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
  poolUse(): ConnectionPool['use'] {
    return this.pool?.use ?? { used: 0, idle: 0, waiting: 0 };
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
        if (attempt === ATTEMPTS) throw this.away(error);
      }
    }
  }

  /**
   * Lends a connection until the request's deadline. Past it the connection is cut, so that the server rolls back what
   * was open, and the caller gets `UNAVAILABLE`.
   */
  async withRunner<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const { pool } = this;
    if (pool === undefined) throw this.away();
    const loan: Loan = { runner: undefined, isOver: false };
    const startedAt = performance.now();
    try {
      return await withTimeout(() => this.lend(pool, loan, work), Math.min(remainingMs(), this.limitMs));
    } catch (error) {
      const isOwnDeadline = error instanceof TimeoutError && loan.runner?.isReleased !== true;
      if (!isOwnDeadline) throw this.translate(error);
      loan.isOver = true;
      if (loan.runner) pool.cutOff(loan.runner);
      // A server that has not answered since on any connection is out of reach on every idle one.
      if (!pool.hasHeardSince(startedAt)) pool.discardIdle(startedAt);
      throw this.away(error);
    }
  }

  /** The DSN may ask for less patience than we have. */
  private get limitMs(): number {
    const { readTimeoutMs, writeTimeoutMs } = this.configured.params;
    return Math.min(readTimeoutMs || Infinity, writeTimeoutMs || Infinity, BACKGROUND_LIMIT_MS);
  }

  private away(cause?: unknown): Error {
    return unavailable(`database ${this.name}`, cause);
  }

  private translate(error: unknown): unknown {
    if (!mayBeOf(this.dataSource, error)) return error;
    this.failureListener(error);
    return toServiceError(error, this.name);
  }

  private async lend<T>(pool: ConnectionPool, loan: Loan, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const runner = await this.borrow(pool, loan);
    try {
      const result = await work(runner);
      pool.heard(runner);
      return result;
    } catch (error) {
      this.judge(pool, runner, error);
      throw error;
    } finally {
      await takeBack(pool, runner);
    }
  }

  /** Nothing is sent on a connection that was silent for a while before the server has answered on it. */
  private async borrow(pool: ConnectionPool, loan: Loan): Promise<QueryRunner> {
    for (;;) {
      const runner = this.dataSource.createQueryRunner();
      loan.runner = runner;
      await runner.connect();
      if (loan.isOver) {
        if (!runner.isReleased) await runner.release();
        throw this.away();
      }
      if (await pool.proves(runner, remainingMs())) return runner;
      pool.cutOff(runner);
      pool.discardIdle();
    }
  }

  /** After a fail-over the old connections lead to a server that only reads: none of them is lent again. */
  private judge(pool: ConnectionPool, runner: QueryRunner, error: unknown): void {
    if (!mayBeOf(this.dataSource, error)) return;
    if (isReadOnly(error)) {
      pool.discardIdle();
      pool.cutOff(runner);
    } else if (!isConnectionLost(error)) pool.heard(runner);
  }
}

async function takeBack(pool: ConnectionPool, runner: QueryRunner): Promise<void> {
  // With a transaction still open (its work was given up) the connection must not be lent again.
  if (runner.isTransactionActive) pool.cutOff(runner);
  // A lock of holdInTransaction outlives its transaction, and ends with the loan.
  else if (runner.data['holdsLocks'] === true && !runner.isReleased) {
    await runner.query('select release_all_locks()').catch(() => pool.cutOff(runner));
  }
  if (!runner.isReleased) await runner.release();
}

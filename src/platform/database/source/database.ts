import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { unavailable } from '../../errors/service-error';
import { RequestContext, currentContext, remainingMs, runInContext } from '../../observability/request-context';
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

/** A connection that is lent until the deadline of its borrower. */
interface Loan {
  runner: QueryRunner | undefined;
  isOver: boolean;
}

/** One of the two databases. It lends connections for a bounded time. */
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

  /** The address, with `tls=preferred` resolved. Throws when that needs the server and the server is away. */
  async address(): Promise<MysqlAddress> {
    this.settled ??= await settleTls(this.configured);
    return this.settled;
  }

  /** `tls=preferred`, and the server offers no TLS. */
  get isPlainForWantOfTls(): boolean {
    return this.settled?.params.tls === 'preferred' && this.settled.params.ssl === undefined;
  }

  async connect(): Promise<void> {
    if (this.dataSource.isInitialized) return;
    const { params } = await this.address();
    // The driver has its own copy of the options, and makes the pool from it.
    Object.assign(this.dataSource.driver.options, { ssl: params.ssl });
    await this.dataSource.initialize();
    this.pool = new ConnectionPool(this.dataSource);
    await this.pool.prepare(params.collation);
  }

  /** Closes the connections in order, or destroys them when the server does not answer in time. */
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

  /** Sets the check that runs before a change. */
  guardWrites(guard: () => Promise<void>): void {
    this.writeGuard = guard;
  }

  /** Sets the listener that gets every error of this database as the driver reports it. */
  onFailure(listener: (error: unknown) => void): void {
    this.failureListener = listener;
  }

  /** Throws `SCHEMA_INCOMPLETE` when the tables cannot hold a change correctly. */
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
   * Runs statements on one connection, each its own transaction. A statement that the server ends with a conflict has
   * changed nothing, so the work runs again. Throws `UNAVAILABLE` when the database does not answer in time.
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
   * Lends a connection until the deadline, or the end, of the request. After it the connection is closed, so that the server rolls back
   * what was open, and the caller gets `UNAVAILABLE`.
   */
  async withRunner<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const { pool } = this;
    if (pool === undefined) throw this.away();
    const loan: Loan = { runner: undefined, isOver: false };
    const startedAt = performance.now();
    try {
      const timeoutMs = Math.min(remainingMs(), this.limitMs);
      return await withTimeout(() => this.lend(pool, loan, work), timeoutMs, currentContext()?.end);
    } catch (error) {
      const isOwnDeadline = error instanceof TimeoutError && loan.runner?.isReleased !== true;
      if (!isOwnDeadline) throw this.translate(error);
      loan.isOver = true;
      if (loan.runner) pool.cutOff(loan.runner);
      // If the server has answered on no connection since, it is out of reach on every idle one.
      if (!pool.hasHeardSince(startedAt)) pool.discardIdle(startedAt);
      throw this.away(error);
    }
  }

  /** The DSN may set a shorter limit. */
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

  /** A connection that was idle for a while must answer a ping before it is lent. */
  private async borrow(pool: ConnectionPool, loan: Loan): Promise<QueryRunner> {
    for (;;) {
      const runner = this.dataSource.createQueryRunner();
      loan.runner = runner;
      await runner.connect();
      if (loan.isOver) {
        if (!runner.isReleased) await runner.release();
        throw this.away();
      }
      if (await pool.proves(runner, remainingMs())) {
        pool.shorten(runner);
        return runner;
      }
      pool.cutOff(runner);
      pool.discardIdle();
    }
  }

  /** After a fail-over the old connections lead to a read-only server, so none of them is lent again. */
  private judge(pool: ConnectionPool, runner: QueryRunner, error: unknown): void {
    if (!mayBeOf(this.dataSource, error)) return;
    if (isReadOnly(error)) {
      pool.discardIdle();
      pool.cutOff(runner);
    } else if (!isConnectionLost(error)) pool.heard(runner);
  }
}

async function takeBack(pool: ConnectionPool, runner: QueryRunner): Promise<void> {
  // A connection with an open transaction (its work was given up) must not be lent again.
  if (runner.isTransactionActive) pool.cutOff(runner);
  // A lock of holdInTransaction outlives its transaction and ends with the loan.
  else if (runner.data['holdsLocks'] === true && !runner.isReleased) {
    await runner.query('select release_all_locks()').catch(() => pool.cutOff(runner));
  }
  if (!runner.isReleased) await runner.release();
}

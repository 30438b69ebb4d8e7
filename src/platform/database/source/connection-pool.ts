import type { DataSource, QueryRunner } from 'typeorm';
import { withTimeout } from '../../observability/timeout';
import { noteOwner } from './data-source.options';
import { sessionStatements } from './session';
import { StatementPackets, type StatementConnection } from './statement-packets';

/** A connection that was idle for longer may have been dropped silently: it is pinged before it is lent. */
const PROVE_AFTER_MS = 1_000;
const PROVE_WITHIN_MS = 500;

/** The parts of a mysql2 connection that TypeORM does not show. */
interface RawConnection extends StatementConnection {
  /** On success the driver calls back without an argument. */
  ping(done: (error?: Error) => void): void;
  release(): void;
  destroy(): void;
}

/** The parts of a mysql2 pool that TypeORM does not show. */
interface RawPool {
  on(event: 'connection', listener: (connection: RawConnection) => void): void;
  getConnection(done: (error: Error | null, connection: RawConnection) => void): void;
  readonly _allConnections: { readonly length: number; toArray(): RawConnection[] };
  readonly _freeConnections: { readonly length: number; toArray(): RawConnection[] };
  readonly _connectionQueue: { readonly length: number };
}

/**
 * The connections of a data source. Each is prepared before its first statement, and the pool notes when the server
 * last answered on it: a NAT or a load balancer drops idle connections and tells neither side.
 */
export class ConnectionPool {
  private readonly raw: RawPool;
  private readonly heardAt = new WeakMap<RawConnection, number>();

  /** Whether the server takes several statements in one packet; a proxy before it may refuse them. */
  private takesMany = false;

  constructor(private readonly dataSource: DataSource) {
    this.raw = (dataSource.driver as unknown as { pool: RawPool }).pool;
  }

  /** Prepares future connections (mysql2 queues these statements before any other) and the one that is open already. */
  async prepare(collation: string | undefined): Promise<void> {
    const statements = sessionStatements(collation);
    this.raw.on('connection', (connection) => {
      this.note(connection);
      prepareSession(connection, statements).catch(() => undefined);
    });
    const first = await new Promise<RawConnection>((resolve, reject) => {
      this.raw.getConnection((error, connection) => (error ? reject(error) : resolve(connection)));
    });
    await prepareSession(first, statements);
    this.takesMany = await answersMany(first);
    first.release();
  }

  get use(): { used: number; idle: number; waiting: number } {
    const { _allConnections: all, _freeConnections: free, _connectionQueue: queue } = this.raw;
    return { used: all.length - free.length, idle: free.length, waiting: queue.length };
  }

  /** Makes a connected runner send its statements straight to its connection. */
  shorten(runner: QueryRunner): void {
    const connection = connectionOf(runner);
    if (connection === undefined) return;
    const noteError = (error: Error): void => noteOwner(error, this.dataSource);
    new StatementPackets(runner, connection, this.takesMany, noteError).install();
  }

  /** Notes that the server has answered on this runner's connection. */
  heard(runner: QueryRunner): void {
    const connection = connectionOf(runner);
    if (connection !== undefined) this.note(connection);
  }

  /** Whether the server has answered on any connection since `since`. */
  hasHeardSince(since: number): boolean {
    return this.raw._allConnections.toArray().some((connection) => (this.heardAt.get(connection) ?? 0) >= since);
  }

  /** False when the server does not answer in time on a connection that was idle. */
  async proves(runner: QueryRunner, budgetMs: number): Promise<boolean> {
    const connection = connectionOf(runner);
    if (connection === undefined) return true;
    if (performance.now() - (this.heardAt.get(connection) ?? -Infinity) < PROVE_AFTER_MS) return true;
    const ping = new Promise<void>((resolve, reject) => {
      connection.ping((error) => (error ? reject(error) : resolve()));
    });
    try {
      await withTimeout(() => ping, Math.min(PROVE_WITHIN_MS, budgetMs));
      this.note(connection);
      return true;
    } catch {
      return false;
    }
  }

  /** Closes the idle connections without an answer since `since`: one cause has silenced them all. */
  discardIdle(since = Infinity): void {
    for (const connection of this.raw._freeConnections.toArray()) {
      if ((this.heardAt.get(connection) ?? 0) < since) connection.destroy();
    }
  }

  /** Closes the runner's connection; the server rolls back its open transaction. */
  cutOff(runner: QueryRunner): void {
    const connection = connectionOf(runner);
    connection?.destroy();
    if (connection !== undefined && !runner.isReleased) void runner.release();
  }

  destroyAll(): void {
    for (const connection of this.raw._allConnections.toArray()) connection.destroy();
  }

  private note(connection: RawConnection): void {
    this.heardAt.set(connection, performance.now());
  }
}

function connectionOf(runner: QueryRunner): RawConnection | undefined {
  return (runner as unknown as { databaseConnection?: RawConnection }).databaseConnection;
}

/** Prepares a session, or closes its connection before the next queued statement is sent. */
async function prepareSession(connection: RawConnection, statements: readonly string[]): Promise<void> {
  const run = (sql: string): Promise<void> =>
    new Promise((resolve, reject) => {
      connection.query(sql, (error) => {
        if (error === null) {
          resolve();
          return;
        }
        connection.destroy();
        reject(error);
      });
    });
  await Promise.all(statements.map(run));
}

function answersMany(connection: RawConnection): Promise<boolean> {
  return new Promise((resolve) => {
    connection.query('SELECT 1; SELECT 2', (error, result) =>
      resolve(error === null && (result as unknown[]).length > 1),
    );
  });
}

/**
 * What every connection is told before its first statement. READ COMMITTED: writers meet on row locks alone, not on gap
 * locks. A request has 2.5 s in all, so it waits one second for a row and three for a table: past its deadline its
 * connection is cut, and the server must not keep what is left of it in a queue.
 */
const SESSION_STATEMENTS = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  "SET SESSION innodb_lock_wait_timeout = 1, lock_wait_timeout = 3, time_zone = '+00:00'",
];

interface RawConnection {
  query(sql: string, done: (error: Error | null) => void): void;
  release(): void;
}

/** The parts of a mysql2 pool that TypeORM does not show. */
export interface DatabasePool {
  on(event: 'connection', listener: (connection: RawConnection) => void): void;
  getConnection(done: (error: Error | null, connection: RawConnection) => void): void;
  readonly _allConnections: { length: number };
  readonly _freeConnections: { length: number };
  readonly _connectionQueue: { length: number };
}

/** Prepares the connections to come (mysql2 queues these statements before any other) and the one that is open already. */
export async function prepareSessions(pool: DatabasePool): Promise<void> {
  pool.on('connection', (connection) => {
    for (const sql of SESSION_STATEMENTS) connection.query(sql, () => undefined);
  });
  const first = await new Promise<RawConnection>((resolve, reject) => {
    pool.getConnection((error, connection) => {
      if (error) reject(error);
      else resolve(connection);
    });
  });
  try {
    for (const sql of SESSION_STATEMENTS) await run(first, sql);
  } finally {
    first.release();
  }
}

function run(connection: RawConnection, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.query(sql, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

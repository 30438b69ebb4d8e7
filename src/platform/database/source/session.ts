/**
 * What every connection is told before its first statement; nothing that changes a result is left to the server.
 * - sql_mode: without NO_BACKSLASH_ESCAPES and ANSI_QUOTES, which would change how the driver's escaped values are read;
 *   strict, so that a text that does not fit is refused and never cut or replaced.
 * - The character set of the handshake is ignored by servers with skip-character-set-client-handshake.
 * - autocommit: with a server's 0, a lone write would never be committed, and a lone read would see an old snapshot.
 * - completion_type: with a server's CHAIN, a lone statement after a COMMIT would be part of a transaction without end.
 * - sql_select_limit: a number, since DEFAULT means the server's own limit.
 * - A request has 2.5 s in all, so it waits one second for a row and three for a table: past its deadline its connection is
 *   cut, and the server must not keep what is left of it in a queue.
 * - READ COMMITTED: writers meet on row locks alone, not on gap locks. READ WRITE: a server's default may be READ ONLY.
 */
const sessionStatements = (collation: string | undefined): string[] => [
  `SET SESSION
     sql_mode = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
     character_set_client = utf8mb4, character_set_results = utf8mb4, character_set_connection = utf8mb4,
     ${collation === undefined ? '' : `collation_connection = ${collation},`}
     autocommit = 1, sql_safe_updates = 0, sql_select_limit = 18446744073709551615, sql_big_selects = 1,
     completion_type = 0, foreign_key_checks = 1, unique_checks = 1,
     innodb_lock_wait_timeout = 1, lock_wait_timeout = 3, time_zone = '+00:00'`,
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE',
];

/** The parts of a mysql2 connection that TypeORM does not show. */
export interface RawConnection {
  query(sql: string, done: (error: Error | null) => void): void;
  /** On success the driver calls back without an argument. */
  ping(done: (error?: Error) => void): void;
  release(): void;
  destroy(): void;
}

/** The parts of a mysql2 pool that TypeORM does not show. */
export interface DatabasePool {
  on(event: 'connection', listener: (connection: RawConnection) => void): void;
  getConnection(done: (error: Error | null, connection: RawConnection) => void): void;
  readonly _allConnections: { readonly length: number; toArray(): RawConnection[] };
  readonly _freeConnections: { readonly length: number; toArray(): RawConnection[] };
  readonly _connectionQueue: { readonly length: number };
}

/** Prepares the connections to come (mysql2 queues these statements before any other) and the one that is open already. */
export async function prepareSessions(pool: DatabasePool, collation?: string): Promise<void> {
  const statements = sessionStatements(collation);
  pool.on('connection', (connection) => void prepare(connection, statements).catch(() => undefined));
  const first = await new Promise<RawConnection>((resolve, reject) => {
    pool.getConnection((error, connection) => {
      if (error) reject(error);
      else resolve(connection);
    });
  });
  await prepare(first, statements);
  first.release();
}

/** A session that cannot be prepared serves nobody: it ends before the next statement in its queue is sent. */
async function prepare(connection: RawConnection, statements: readonly string[]): Promise<void> {
  await Promise.all(
    statements.map(
      (sql) =>
        new Promise<void>((resolve, reject) => {
          connection.query(sql, (error) => {
            if (error === null) {
              resolve();
              return;
            }
            connection.destroy();
            reject(error);
          });
        }),
    ),
  );
}

/**
 * The settings of every session, sent before its first statement: no default of the server may change a result.
 * - sql_mode: without NO_BACKSLASH_ESCAPES and ANSI_QUOTES, which would change the meaning of the driver's escapes;
 *   strict, so that a text that does not fit is refused and never cut or replaced.
 * - The character set of the handshake is ignored by servers with skip-character-set-client-handshake.
 * - autocommit: with a server's 0, a lone write would never be committed, and a lone read would see an old snapshot.
 * - completion_type: with a server's CHAIN, a lone statement after a COMMIT would be part of a transaction without end.
 * - sql_select_limit: a number, since DEFAULT means the server's own limit.
 * - A request has 2.5 s in all, so it waits one second for a row and three for a table: after its deadline its
 *   connection is closed, and the server must not keep waiting for it.
 * - READ COMMITTED: writers wait only for row locks, not gap locks. READ WRITE: a server's default may be READ ONLY.
 */
export const sessionStatements = (collation: string | undefined): string[] => [
  `SET SESSION
     sql_mode = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
     character_set_client = utf8mb4, character_set_results = utf8mb4, character_set_connection = utf8mb4,
     ${collation === undefined ? '' : `collation_connection = ${collation},`}
     autocommit = 1, sql_safe_updates = 0, sql_select_limit = 18446744073709551615, sql_big_selects = 1,
     completion_type = 0, foreign_key_checks = 1, unique_checks = 1,
     innodb_lock_wait_timeout = 1, lock_wait_timeout = 3, time_zone = '+00:00'`,
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE',
];

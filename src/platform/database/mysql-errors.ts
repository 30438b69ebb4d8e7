/** Facts about a database error that may be logged or shown: no SQL, no parameters, no row values. */
export interface SafeDatabaseError {
  code?: string;
  errno?: number;
  sqlState?: string;
}

const DUPLICATE_ENTRY = 1062;
const TOO_LONG = 1406;
const UNKNOWN_DATABASE = 1049;
/** No such column, no such table. */
const SCHEMA_LACKING = new Set([1054, 1146]);
/** Text that a column's or a comparison's character set cannot hold, such as an emoji in utf8mb3. */
const UNSTORABLE = new Set([1366, 1267, 3854, 3988]);
/** Lock wait, deadlock, and MariaDB's "record has changed since last read" under snapshot isolation. */
const RETRY_FROM_BEGIN = new Set([1205, 1213, 1020]);
/** Server going away, connection killed, idle time-out. */
const LOST = new Set([1053, 1077, 1078, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2006, 2013, 2055, 4031]);
/** Full, refusing this login for now or for good, read-only, shutting down, or a statement cut off for time. */
const REFUSED = new Set([
  1040, 1041, 1044, 1045, 1049, 1129, 1130, 1203, 1226, 1290, 1317, 1792, 1836, 1969, 2002, 2003, 2005, 2012, 3024,
  3032, 3118, 3159, 3168, 3169, 4151,
]);
const LOST_CODES = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'PROTOCOL_ENQUEUE_AFTER_QUIT',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
  'PROTOCOL_ENQUEUE_AFTER_DESTROY',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'POOL_CLOSED',
  'HANDSHAKE_NO_SSL_SUPPORT',
  'HANDSHAKE_SSL_ERROR',
]);
/** What mysql2 and TypeORM say without giving a code. */
const LOST_MESSAGES =
  /closed state|pool is closed|queue limit reached|no connections available|connection is not (?:yet )?established|driver not connected|cannot execute queries? (?:while|after)|querytimeout|connection (?:has been )?(?:lost|closed)/i;

/** The innermost error: TypeORM wraps the driver's in `driverError`. */
function driverErrorOf(error: unknown): Record<string, unknown> {
  let current: unknown = error;
  for (let depth = 0; depth < 5 && isRecord(current) && isRecord(current['driverError']); depth++) {
    current = current['driverError'];
  }
  return isRecord(current) ? current : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export function safeDatabaseError(error: unknown): SafeDatabaseError {
  const { code, errno, sqlState } = driverErrorOf(error);
  return {
    ...(typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) && { code }),
    ...(typeof errno === 'number' && { errno }),
    ...(typeof sqlState === 'string' && /^[0-9A-Z]{5}$/.test(sqlState) && { sqlState }),
  };
}

/** A short text of the same facts, such as `ER_DUP_ENTRY 1062`. */
export function describeDatabaseError(error: unknown): string {
  const { code, errno } = safeDatabaseError(error);
  return [code, errno].filter((part) => part !== undefined).join(' ') || 'an error without a code';
}

function errnoOf(error: unknown): number | undefined {
  return safeDatabaseError(error).errno;
}

/** The key is named without its table: MySQL says `t.uq_alive`, MariaDB `uq_alive`. */
export function isDuplicateKey(error: unknown): { key: string } | undefined {
  if (errnoOf(error) !== DUPLICATE_ENTRY) return undefined;
  const { sqlMessage, message } = driverErrorOf(error);
  const text = typeof sqlMessage === 'string' ? sqlMessage : typeof message === 'string' ? message : '';
  // The value comes first and may hold quotes itself, so the key is what the last quotes enclose.
  const key = /'([^']*)'\s*$/.exec(text)?.[1] ?? '';
  return { key: key.slice(key.lastIndexOf('.') + 1) };
}

export function isDeadlockOrLockWait(error: unknown): boolean {
  return RETRY_FROM_BEGIN.has(errnoOf(error) ?? 0);
}

export function isTooLong(error: unknown): boolean {
  return errnoOf(error) === TOO_LONG;
}

export function isUnstorableText(error: unknown): boolean {
  return UNSTORABLE.has(errnoOf(error) ?? 0);
}

export function isUnknownDatabase(error: unknown): boolean {
  return errnoOf(error) === UNKNOWN_DATABASE;
}

/** The statement is ours, so it is the database that lacks a table or a column. */
export function isSchemaLacking(error: unknown): boolean {
  return SCHEMA_LACKING.has(errnoOf(error) ?? 0);
}

/** The connection is gone; whether the last statement took effect is unknown. */
export function isConnectionLost(error: unknown): boolean {
  const { code, errno, message } = { ...safeDatabaseError(error), message: driverErrorOf(error)['message'] };
  if (errno !== undefined && LOST.has(errno)) return true;
  if (code !== undefined && LOST_CODES.has(code)) return true;
  // Server errors quote statement text in their messages; only those without a number are the client's own words.
  const isClientError = errno === undefined || errno <= 0;
  return isClientError && typeof message === 'string' && LOST_MESSAGES.test(message);
}

/** The database cannot serve now: the caller's answer is 503, and the fault is not in the request. */
export function isUnavailable(error: unknown): boolean {
  return isConnectionLost(error) || REFUSED.has(errnoOf(error) ?? 0);
}

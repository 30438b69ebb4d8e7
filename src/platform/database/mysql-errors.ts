/** Facts about a database error that may be logged or shown: no SQL, no parameters, no row values. */
export interface SafeDatabaseError {
  code?: string;
  errno?: number;
  sqlState?: string;
}

const DUPLICATE_ENTRY = 1062;
const TOO_LONG = 1406;
const UNKNOWN_DATABASE = 1049;
const ROW_IS_REFERENCED = 1451;
/** No such column, no such table. */
const SCHEMA_LACKING = new Set([1054, 1146]);
/** Text that a column's or a comparison's character set cannot hold, such as an emoji in utf8mb3. */
const UNSTORABLE = new Set([1366, 1267, 3854, 3988]);
/** Lock wait, deadlock, MariaDB's "record has changed since last read", and a group's refusal to certify. */
const RETRY_FROM_BEGIN = new Set([1205, 1213, 1020, 3101]);
/** Transaction rolled back by the server, for a conflict. */
const ROLLED_BACK_CLASS = '40';
/** Server going away, connection killed, idle time-out. */
const LOST = new Set([1053, 1077, 1078, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2006, 2013, 2055, 4031]);
/** Connection errors (a cluster's node that is not ready is among them), a refused login, statements cut off, memory exhausted. */
const UNAVAILABLE_CLASSES = new Set(['08', '28', '57', '70', '53']);
const OUT_OF_MEMORY_STATE = 'HY001';
/** The server takes reads and no writes: read_only, a replica, an InnoDB that was told to only read. */
const READ_ONLY = new Set([1290, 1792, 1836, 1874]);
/** Full, refusing this login for now or for good, shutting down, or a statement cut off for time. */
const REFUSED = new Set([
  1040, 1041, 1044, 1045, 1047, 1049, 1129, 1130, 1203, 1226, 1317, 1969, 2002, 2003, 2005, 2012, 3024, 3032, 3118,
  3159, 3168, 3169, 4151,
]);
/** Disk, memory, threads, transactions, storage engine: what the server itself has run out of or cannot reach. */
const EXHAUSTED = new Set([
  1037, 1038, 1105, 1114, 1135, 1180, 1181, 1194, 1195, 1197, 1206, 1296, 1297, 1429, 1430, 1637, 1878, 3170, 3186,
]);
/** Errors of the server's files, but for those that name a conflict or a thing that is there or not there. */
const isOfFiles = (errno: number): boolean =>
  errno >= 1009 && errno <= 1036 && ![1020, 1022, 1031, 1032].includes(errno);
/** Group replication says that it is not ready, or that a change cannot be agreed on. */
const isOfGroup = (errno: number): boolean => (errno >= 3092 && errno <= 3100) || errno === 3796 || errno === 3797;
/** A proxy's own errors, such as ProxySQL's 9001: no server behind it answers in time. */
const isOfProxy = (errno: number): boolean => errno >= 9000 && errno <= 9999;
/** Rights that an operator has not granted, or has taken away. */
const FORBIDDEN = new Set([1142, 1143, 1227, 1370]);
/** The state of errors that have none of their own. */
const GENERAL_STATE = 'HY000';
/** Of these, those that come from the statement or its values; whatever else is the server's own trouble. */
const OF_STATEMENT = new Set([
  ...[1062, 1169, 1264, 1265, 1267, 1270, 1271, 1336, 1364, 1366, 1406, 1411, 1418, 1422, 1442, 1525, 1526],
  ...[1644, 1906, 3105, 3140, 3141, 3142, 3143, 3144, 3819, 3854, 3988, 4025],
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
export function driverErrorOf(error: unknown): Record<string, unknown> {
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

/** The server's own words: they may quote a value, so no part of them is shown but a name of the schema. */
function messageOf(error: unknown): string {
  const { sqlMessage, message } = driverErrorOf(error);
  return typeof sqlMessage === 'string' ? sqlMessage : typeof message === 'string' ? message : '';
}

/** The key is named without its table: MySQL says `t.uq_alive`, MariaDB `uq_alive`. */
export function isDuplicateKey(error: unknown): { key: string } | undefined {
  if (errnoOf(error) !== DUPLICATE_ENTRY) return undefined;
  // The value comes first and may hold quotes itself, so the key is what the last quotes enclose.
  const key = /'([^']*)'\s*$/.exec(messageOf(error))?.[1] ?? '';
  return { key: key.slice(key.lastIndexOf('.') + 1) };
}

/** Nothing of the transaction stays, and the same work may succeed from its beginning. */
export function isDeadlockOrLockWait(error: unknown): boolean {
  const { errno = 0, sqlState = '' } = safeDatabaseError(error);
  return RETRY_FROM_BEGIN.has(errno) || sqlState.startsWith(ROLLED_BACK_CLASS);
}

/** Rows of another table refer to this one. */
export function isReferenced(error: unknown): boolean {
  return errnoOf(error) === ROW_IS_REFERENCED;
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

/** The server takes no writes, on this connection at least: a fail-over may have left it with a replica. */
export function isReadOnly(error: unknown): boolean {
  const { errno = 0, sqlState } = safeDatabaseError(error);
  return READ_ONLY.has(errno) || sqlState === '25006';
}

/** The database cannot serve now: the caller's answer is 503, and the fault is not in the request. */
export function isUnavailable(error: unknown): boolean {
  if (isConnectionLost(error) || isReadOnly(error)) return true;
  const { errno = 0, sqlState = '' } = safeDatabaseError(error);
  if (UNAVAILABLE_CLASSES.has(sqlState.slice(0, 2)) || sqlState === OUT_OF_MEMORY_STATE) return true;
  if (REFUSED.has(errno) || EXHAUSTED.has(errno)) return true;
  return isOfFiles(errno) || isOfGroup(errno) || isOfProxy(errno);
}

/** At a statement of ours on tables that are as they should be: any trouble that is neither the statement's nor a value's. */
export function isServersOwn(error: unknown): boolean {
  const { errno = 0, sqlState } = safeDatabaseError(error);
  if (isUnavailable(error) || FORBIDDEN.has(errno)) return true;
  return errno > 0 && sqlState === GENERAL_STATE && !OF_STATEMENT.has(errno) && !isDeadlockOrLockWait(error);
}

/** The column of a text that does not fit; its name is the schema's, so it may be told. */
export function tooLongColumn(error: unknown): string | undefined {
  if (errnoOf(error) !== TOO_LONG) return undefined;
  return /^Data too long for column '([A-Za-z0-9_]{1,64})'/.exec(messageOf(error))?.[1] ?? 'body';
}

import { invalidArgument, ServiceError, unavailable } from '../errors/service-error';

/** Facts about a database error that may be logged or shown: no SQL, no parameters, no row values. */
interface SafeDatabaseError {
  code?: string;
  errno?: number;
  sqlState?: string;
}

type Errnos = readonly (number | readonly [first: number, last: number])[];

/** The server takes reads but no writes: read_only, a replica, InnoDB in read-only mode. */
const READ_ONLY = [1290, 1792, 1836, 1874];

/** Classes of error numbers. A number may be in several classes. */
const ERRNOS = {
  duplicateKey: [1062],
  tooLong: [1406],
  unknownDatabase: [1049],
  /** Rows of another table refer to this one. */
  referenced: [1451],
  /** No such column, no such table. */
  schemaLacking: [1054, 1146],
  /** NULL, a number, a word of an ENUM, or a column left out, which the table was changed not to take. */
  misfit: [1048, 1264, 1265, 1364],
  /** The table, column or key to add exists already. */
  alreadyThere: [1050, 1060, 1061],
  /** Text that a column's or a comparison's character set cannot hold, such as an emoji in utf8mb3. */
  unstorable: [1366, 1267, 3854, 3988],
  /** Lock wait, deadlock, MariaDB's "record has changed since last read", and a group's refusal to certify. */
  conflict: [1205, 1213, 1020, 3101],
  /** MySQL found a deadlock among named locks. */
  namedLockDeadlock: [3058],
  /** Not supported (also a cluster's strict mode), no such function, not allowed. */
  noNamedLocks: [1064, 1105, 1227, 1235, 1305, 1370],
  readOnly: READ_ONLY,
  /** Also a table's storage, a transaction or a server that takes no writes. */
  notWritable: [...READ_ONLY, 1036, 3100, 3989],
  writeDenied: [1044, 1142, 1143, 1370],
  /** No space, the table is full, a write to a file failed. */
  diskFull: [1021, 1026, 1030, 1114],
  /** Rights that an operator has not granted, or has taken away. */
  forbidden: [1142, 1143, 1227, 1370],
  /** The server is shutting down, or the connection was killed or idle for too long. */
  lost: [1053, [1077, 1080], 1152, [1158, 1161], 1184, 1927, 2006, 2013, 2055, 4031],
  unavailable: [
    // The server is full, refuses this login for now or for good, shuts down, or cut a statement off for time.
    ...[1040, 1041, 1044, 1045, 1047, 1049, 1129, 1130, 1203, 1226, 1317, 1969, 2002, 2003, 2005, 2012, 3024, 3032],
    ...[3118, 3159, 3168, 3169, 4151],
    // The server has run out of or cannot reach its disk, memory, threads, transactions or storage engine.
    ...[1037, 1038, 1105, 1114, 1135, 1180, 1181, 1194, 1195, 1197, 1206, 1296, 1297, 1429, 1430, 1637, 1878],
    ...[3170, 3186],
    // File errors, except those that name a conflict, or a thing that exists or is missing.
    ...([[1009, 1019], 1021, [1023, 1030], [1033, 1036]] as const),
    // Group replication is not ready, or cannot agree on a change.
    ...([[3092, 3100], 3796, 3797] as const),
    // Errors of a proxy itself, such as ProxySQL's 9001: no server behind it answers in time.
    [9000, 9999],
  ],
  /** Errors of the statement or its values: `isServersOwn` excludes them among those with the general state. */
  ofStatement: [
    ...[1062, 1169, 1264, 1265, 1267, 1270, 1271, 1336, 1364, 1366, 1406, 1411, 1418, 1422, 1442, 1525, 1526],
    ...([1644, 1906, 3105, [3140, 3144], 3819, 3854, 3988, 4025] as const),
  ],
} as const satisfies Record<string, Errnos>;

/** Lost connections (also a cluster node that is not ready), refused logins, cut-off statements, exhausted memory. */
const UNAVAILABLE_STATES = /^(?:08|28|57|70|53)|^HY001$/;
/** The server rolled the transaction back because of a conflict. */
const ROLLED_BACK_STATES = /^40/;
const READ_ONLY_STATE = '25006';
/** The state of errors that have no state of their own. */
const GENERAL_STATE = 'HY000';
const LOST_CODES = new Set([
  ...['PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT', 'PROTOCOL_ENQUEUE_AFTER_QUIT'],
  ...['PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR', 'PROTOCOL_ENQUEUE_AFTER_DESTROY', 'POOL_CLOSED'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'EHOSTDOWN'],
  ...['ENETUNREACH', 'ENETDOWN', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT'],
  ...['HANDSHAKE_NO_SSL_SUPPORT', 'HANDSHAKE_SSL_ERROR'],
]);
/** Messages of mysql2 and TypeORM without a code. */
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

/** Whether the error's number is of that class. */
export function isOfClass(error: unknown, name: keyof typeof ERRNOS): boolean {
  const { errno } = safeDatabaseError(error);
  const errnos: Errnos = ERRNOS[name];
  return (
    errno !== undefined &&
    errnos.some((one) => (typeof one === 'number' ? errno === one : errno >= one[0] && errno <= one[1]))
  );
}

export const isReferenced = (error: unknown): boolean => isOfClass(error, 'referenced');
/** The service wrote the statement, so the database lacks a table or a column. */
export const isSchemaLacking = (error: unknown): boolean => isOfClass(error, 'schemaLacking');

/** The server's message. It may quote a value, so only a name of the schema is taken from it. */
function messageOf(error: unknown): string {
  const { sqlMessage, message } = driverErrorOf(error);
  return typeof sqlMessage === 'string' ? sqlMessage : typeof message === 'string' ? message : '';
}

/** The key is named without its table: MySQL says `t.uq_alive`, MariaDB `uq_alive`. */
export function isDuplicateKey(error: unknown): { key: string } | undefined {
  if (!isOfClass(error, 'duplicateKey')) return undefined;
  // The message quotes the value first, and the value may hold quotes: the key is in the last pair of quotes.
  const key = /'([^']*)'\s*$/.exec(messageOf(error))?.[1] ?? '';
  return { key: key.slice(key.lastIndexOf('.') + 1) };
}

/** A conflict: after a rollback the same work may succeed from its beginning. */
export function isDeadlockOrLockWait(error: unknown): boolean {
  return isOfClass(error, 'conflict') || ROLLED_BACK_STATES.test(safeDatabaseError(error).sqlState ?? '');
}

/** The connection is gone; whether the last statement took effect is unknown. */
export function isConnectionLost(error: unknown): boolean {
  const { code, errno } = safeDatabaseError(error);
  if (isOfClass(error, 'lost') || (code !== undefined && LOST_CODES.has(code))) return true;
  // Server errors may quote the statement in their message; only an error without a number is the client's own.
  const isClientError = errno === undefined || errno <= 0;
  return isClientError && LOST_MESSAGES.test(String(driverErrorOf(error)['message']));
}

/** The server takes no writes, on this connection at least: a fail-over may have left it with a replica. */
export function isReadOnly(error: unknown): boolean {
  return isOfClass(error, 'readOnly') || safeDatabaseError(error).sqlState === READ_ONLY_STATE;
}

/** The database cannot serve now: the answer to the caller is 503, and the request is not at fault. */
export function isUnavailable(error: unknown): boolean {
  if (isConnectionLost(error) || isReadOnly(error) || isOfClass(error, 'unavailable')) return true;
  return UNAVAILABLE_STATES.test(safeDatabaseError(error).sqlState ?? '');
}

/**
 * Given a correct statement and correct tables: the fault is the server's, not that of the statement, a value or a
 * conflict.
 */
export function isServersOwn(error: unknown): boolean {
  if (isUnavailable(error) || isOfClass(error, 'forbidden')) return true;
  const { errno = 0, sqlState } = safeDatabaseError(error);
  return errno > 0 && sqlState === GENERAL_STATE && !isOfClass(error, 'ofStatement') && !isDeadlockOrLockWait(error);
}

/** The column that a text does not fit into. The column is a name of the schema, so it may be shown. */
export function tooLongColumn(error: unknown): string | undefined {
  if (!isOfClass(error, 'tooLong')) return undefined;
  return /^Data too long for column '([A-Za-z0-9_]{1,64})'/.exec(messageOf(error))?.[1] ?? 'body';
}

export const SCHEMA_INCOMPLETE = 'SCHEMA_INCOMPLETE';

/** Only an operator can mend the tables; the message says how. */
export function schemaIncomplete(database: string, cause?: unknown): ServiceError {
  const message = `The tables of database ${database} are not as they must be. registrar-control schema verify tells what to change.`;
  return new ServiceError('UNAVAILABLE', SCHEMA_INCOMPLETE, message, { cause });
}

/** The error for the caller. An error that only the service can have caused is returned unchanged. */
export function toServiceError(error: unknown, database: string): unknown {
  if (isSchemaLacking(error) || isOfClass(error, 'misfit')) return schemaIncomplete(database, error);
  if (isServersOwn(error)) return unavailable(`database ${database}`, error);
  const refuse = (field: string, rule: string): ServiceError => invalidArgument([{ field, rule }]);
  if (isOfClass(error, 'unstorable')) return refuse('body', 'must hold only characters that the database can store');
  const column = tooLongColumn(error);
  return column === undefined ? error : refuse(column, 'is longer than the database can store');
}

import { QueryFailedError } from 'typeorm';
import { eachRow } from '../../../test/support/each-row';
import {
  describeDatabaseError,
  isConnectionLost,
  isDeadlockOrLockWait,
  isDuplicateKey,
  isReadOnly,
  isServersOwn,
  isUnavailable,
  isOfClass,
  safeDatabaseError,
  tooLongColumn,
} from './mysql-errors';

/** Errors as mysql2 makes them, and as TypeORM wraps them. */
function driverError(errno: number | undefined, message: string, code?: string): Error {
  const sql = "insert into t values ('CANARY')";
  return Object.assign(new Error(message), { errno, code, sql, sqlState: 'HY000', sqlMessage: message });
}
const wrapped = (error: Error): Error => new QueryFailedError("insert into t values ('CANARY')", ['CANARY'], error);

describe.each([
  ['as the driver throws it', (error: Error) => error],
  ['as TypeORM wraps it', wrapped],
  ['wrapped twice', (error: Error) => wrapped(wrapped(error))],
])('an error %s', (_, wrap) => {
  eachRow([
    ["Duplicate entry 'a' for key 'g.uq_alive'", 'uq_alive'],
    ["Duplicate entry 'a' for key 'uq_alive'", 'uq_alive'],
    ["Duplicate entry 'x' for key 'ob.PRIMARY'", 'PRIMARY'],
    ["Duplicate entry 'it's for key 'uq_other'' for key 'uq_alive'", 'uq_alive'],
    [
      "Duplicate entry '\\x00\\xF6' for key 'bin.registrar_trunks.uq_registrar_trunks_alive'",
      'uq_registrar_trunks_alive',
    ],
  ])('of a repeated key names its key', (message, key) => {
    expect(isDuplicateKey(wrap(driverError(1062, message, 'ER_DUP_ENTRY')))).toEqual({ key });
    // mysql2's name for a number differs between servers.
    expect(isDuplicateKey(wrap(driverError(1062, message)))).toEqual({ key });
    expect(isDuplicateKey(wrap(driverError(4025, message, 'ER_DUP_ENTRY')))).toBeUndefined();
  });

  it('is told apart by its number', () => {
    for (const errno of [1205, 1213, 1020, 3101])
      expect(isDeadlockOrLockWait(wrap(driverError(errno, 'x')))).toBe(true);
    expect(isDeadlockOrLockWait(wrap(driverError(1062, 'x')))).toBe(false);
    expect(tooLongColumn(wrap(driverError(1406, "Data too long for column 'name' at row 1")))).toBe('name');
    expect(tooLongColumn(wrap(driverError(1406, 'x')))).toBe('body');
    expect(tooLongColumn(wrap(driverError(1062, 'x')))).toBeUndefined();
    expect(isOfClass(wrap(driverError(1049, 'x')), 'unknownDatabase')).toBe(true);
  });

  eachRow([1040, 1044, 1045, 1049, 1053, 1203, 1226, 1290, 1317, 1836, 1927, 1969, 2006, 2013, 3024, 4031])(
    'of these numbers means unavailable',
    (errno) => expect(isUnavailable(wrap(driverError(errno, 'x')))).toBe(true),
  );

  eachRow([
    ...[1021, 1023, 1024, 1026, 1030, 1037, 1038, 1041, 1047, 1105, 1114, 1135, 1180, 1194, 1197, 1206, 1296, 1297],
    ...[1429, 1637, 3092, 3100, 3168, 3170, 3796, 9001, 9003, 9006, 9999],
  ])('of a cluster, a proxy or a resource says "try again"', (errno) => {
    expect(isUnavailable(wrap(driverError(errno, 'x')))).toBe(true);
  });

  eachRow(['08S01', '08004', '08006', '08007', '70100', '57014', '53100', '28000', 'HY001'])(
    'of these states means unavailable, whatever its number',
    (sqlState) => {
      expect(isUnavailable(wrap(Object.assign(driverError(31_999, 'x'), { sqlState })))).toBe(true);
    },
  );

  eachRow([1290, 1792, 1836, 1874])(
    'that says that the server only reads is told apart, and means unavailable',
    (errno) => {
      expect(isReadOnly(wrap(driverError(errno, 'x')))).toBe(true);
      expect(isUnavailable(wrap(driverError(errno, 'x')))).toBe(true);
    },
  );

  eachRow(['40001', '40000'])('of these states is a conflict that begins anew, and no outage', (sqlState) => {
    const error = wrap(Object.assign(driverError(31_999, 'x'), { sqlState }));
    expect([isDeadlockOrLockWait(error), isUnavailable(error), isServersOwn(error)]).toEqual([true, false, false]);
  });

  it('without a state of its own is the server’s, unless it is known to come from the statement or a value', () => {
    expect(isServersOwn(wrap(driverError(31_999, 'x')))).toBe(true);
    for (const errno of [1020, 1062, 1205, 1213, 1364, 1366, 1267, 1406, 3819, 4025]) {
      expect(isServersOwn(wrap(driverError(errno, 'x')))).toBe(false);
    }
    for (const errno of [1142, 1143, 1227, 1370]) {
      const forbidden = Object.assign(driverError(errno, 'x'), { sqlState: '42000' });
      expect(isServersOwn(wrap(forbidden))).toBe(true);
    }
    for (const sqlState of ['45000', '42000', '42S02', '22001', '23000']) {
      expect(isServersOwn(wrap(Object.assign(driverError(31_999, 'x'), { sqlState })))).toBe(false);
    }
  });

  eachRow([
    'PROTOCOL_CONNECTION_LOST',
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'PROTOCOL_SEQUENCE_TIMEOUT',
  ])('with these codes is a lost connection', (code) => {
    expect(isConnectionLost(wrap(driverError(undefined, 'x', code)))).toBe(true);
    expect(isConnectionLost(wrap(driverError(-111, 'x', code)))).toBe(true);
    expect(isUnavailable(wrap(driverError(undefined, 'x', code)))).toBe(true);
  });

  eachRow([
    "Can't add new command when connection is in closed state",
    'Pool is closed.',
    'Queue limit reached.',
    'Cannot execute operation because connection is not yet established.',
  ])('with these texts is a lost connection', (message) =>
    expect(isUnavailable(wrap(driverError(undefined, message)))).toBe(true),
  );

  it('that quotes a statement is not judged by its words', () => {
    const error = wrap(driverError(1064, "syntax error near 'pool is closed'", 'ER_PARSE_ERROR'));
    expect(isUnavailable(error)).toBe(false);
  });

  eachRow([1062, 1054, 1064, 1146, 1205, 1213, 1406])('of these numbers is not unavailability', (errno) =>
    expect(isUnavailable(wrap(driverError(errno, 'x')))).toBe(false),
  );

  it('is described without its statement, parameters and values', () => {
    const error = wrap(driverError(1062, "Duplicate entry 'CANARY' for key 'id'", 'ER_DUP_ENTRY'));
    expect(safeDatabaseError(error)).toEqual({ code: 'ER_DUP_ENTRY', errno: 1062, sqlState: 'HY000' });
    expect(describeDatabaseError(error)).toBe('ER_DUP_ENTRY 1062');
  });
});

eachRow([undefined, null, 'text', 5, {}, new Error('x')])('what else is thrown is no database error', (value) => {
  expect(safeDatabaseError(value)).toEqual({});
  expect(isDuplicateKey(value)).toBeUndefined();
  expect(isUnavailable(value)).toBe(false);
  expect(isDeadlockOrLockWait(value)).toBe(false);
  expect(describeDatabaseError(value)).toBe('an error without a code');
});

import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { EntityManager, QueryRunner } from 'typeorm';
import { withTimeout } from '../../observability/timeout';
import { ServiceError, unavailable } from '../../errors/service-error';
import {
  describeDatabaseError,
  isDeadlockOrLockWait,
  isOfClass,
  isUnavailable,
  SCHEMA_INCOMPLETE,
} from '../mysql-errors';
import { connect } from '../source/connection';
import type { MysqlAddress } from '../source/dsn';

const QUERY_TIMEOUT_MS = 5_000;
const WAIT_SECONDS = 2;
/** The end of its connection releases a lock, also when the server does not answer. */
const RELEASE_MS = 1_000;
const RETRY_DELAY_MS = 200;

/** The server refuses named locks altogether; asking again does not help. */
export class LockRefused extends Error {
  override readonly name = 'LockRefused';

  constructor(reason: string, cause?: unknown) {
    super(`the server refuses GET_LOCK (${reason})`, { cause });
  }
}

/** A named lock that lasts as long as its own connection. */
export class HeldLock {
  private readonly losing = new AbortController();

  constructor(private readonly connection: Connection) {
    const lose = (): void => this.losing.abort(new Error('the connection that held the lock was lost'));
    connection.on('error', lose);
    connection.on('end', lose);
  }

  /** Aborted when another session may have the lock by now. */
  get lost(): AbortSignal {
    return this.losing.signal;
  }

  async release(): Promise<void> {
    await withTimeout(() => this.connection.end(), RELEASE_MS).catch(() => this.connection.destroy());
  }
}

/**
 * Takes the lock without waiting; undefined while another session has it. Throws {@link LockRefused}, or the driver's
 * error when the database is away.
 */
export async function tryHold(address: MysqlAddress, purpose: string): Promise<HeldLock | undefined> {
  const connection = await connect(address, { enableKeepAlive: true });
  const lock = new HeldLock(connection);
  try {
    const ask = async (sql: string, values: unknown[]): Promise<RowDataPacket[]> =>
      (await connection.query<RowDataPacket[]>({ sql, values, timeout: QUERY_TIMEOUT_MS }))[0];
    if (await requestLock(ask, lockName(purpose, address.database), 0)) return lock;
  } catch (error) {
    connection.destroy();
    throw error;
  }
  await lock.release();
  return undefined;
}

/**
 * Takes a lock that lasts until the transaction's connection goes back to its pool: the lock outlives COMMIT, so the
 * next holder sees what was committed. Throws `UNAVAILABLE` when the server does not give the lock in time, or refuses
 * it.
 */
export async function holdInTransaction(manager: EntityManager, purpose: string, ...scope: string[]): Promise<void> {
  const runner = manager.queryRunner;
  if (!runner) throw new Error('a named lock needs a transaction');
  const name = lockName(purpose, String(manager.dataSource.options.database), ...scope);
  // Set before the answer comes: if the answer is lost, the lock may be held. Database.withRunner releases it.
  runner.data['holdsLocks'] = true;
  try {
    if (await requestLock(askOf(runner), name, WAIT_SECONDS)) return;
  } catch (error) {
    throw error instanceof LockRefused ? noLock(error) : error;
  }
  throw unavailable('rows are locked');
}

/**
 * Runs `work`, which changes the schema, in one process at a time, with the lock on the same connection; false when
 * another process held the lock for the whole time. Throws {@link LockRefused}.
 */
export async function withSchemaLock(
  runner: QueryRunner,
  timeoutMs: number,
  work: () => Promise<void>,
): Promise<boolean> {
  const name = schemaLockName(String(runner.dataSource.options.database));
  const deadline = Date.now() + timeoutMs;
  while (!(await requestLock(askOf(runner), name, WAIT_SECONDS))) {
    if (Date.now() >= deadline) return false;
    await delay(RETRY_DELAY_MS);
  }
  try {
    await work();
    return true;
  } finally {
    // A lost connection has released the lock already; the caller must get the error of `work`.
    await runner.query('select release_lock(?)', [name]).catch(() => undefined);
  }
}

type Ask = (sql: string, parameters: unknown[]) => Promise<readonly Record<string, unknown>[]>;

const askOf =
  (runner: QueryRunner): Ask =>
  (sql, parameters) =>
    runner.query(sql, parameters) as ReturnType<Ask>;

/**
 * True when this session has the lock now, false while another session has it. Throws {@link LockRefused}, or the
 * driver's error when the database is away.
 */
export async function requestLock(ask: Ask, name: string, waitSeconds: number): Promise<boolean> {
  let rows: readonly Record<string, unknown>[];
  try {
    rows = await ask(`select get_lock(?, ${waitSeconds}) as mine`, [name]);
  } catch (error) {
    if (isDeadlockOrLockWait(error) || isOfClass(error, 'namedLockDeadlock')) return false;
    if (isOfClass(error, 'noNamedLocks') || !isUnavailable(error)) {
      throw new LockRefused(describeDatabaseError(error), error);
    }
    throw error;
  }
  const answer = Object.values(rows[0] ?? {})[0];
  if (answer === null || answer === undefined) throw new LockRefused('it answers NULL');
  return Number(answer) === 1;
}

/**
 * Named locks are shared by the whole server, so the name includes the database. Lower-case ASCII, below 64 characters.
 */
function lockName(purpose: string, database: string, ...scope: string[]): string {
  const digest = createHash('sha1')
    .update([database.toLowerCase(), ...scope].join('\0'))
    .digest('hex');
  return `registrar.${purpose}.${digest.slice(0, 32)}`;
}

/** Lower-case ASCII, at most 64 characters: both servers compare it alike. `database` is as in the DSN. */
export function schemaLockName(database: string): string {
  const name = `registrar.schema.${database.toLowerCase()}`;
  if (/^[a-z0-9_.-]{1,64}$/.test(name)) return name;
  return `registrar.schema.${createHash('sha256').update(database).digest('hex').slice(0, 40)}`;
}

/** The lock is asked for only while a unique key is missing. Without both, no check can tell that a value is free. */
function noLock(cause: LockRefused): ServiceError {
  const message =
    'A unique key is missing, and the database server refuses GET_LOCK. See registrar-control schema verify.';
  return new ServiceError('UNAVAILABLE', SCHEMA_INCOMPLETE, message, { cause });
}

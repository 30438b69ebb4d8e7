import { createHash } from 'node:crypto';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import type { EntityManager } from 'typeorm';
import { ServiceError, unavailable } from '../../errors/service-error';
import type { MysqlAddress } from '../source/dsn';
import { LockRefused, requestLock } from './lock-request';
import { connectionOptions } from '../schema/database-creation';

const CONNECT_TIMEOUT_MS = 2_000;
const QUERY_TIMEOUT_MS = 5_000;
const WAIT_SECONDS = 2;
/** Connections, for as long as they are lent, that hold named locks. */
const holders = new WeakSet<object>();

/** Named locks are the whole server's: the name holds the database's. Lower-case ASCII, far below 64 characters. */
export function lockName(purpose: string, database: string, ...scope: string[]): string {
  const digest = createHash('sha1')
    .update([database.toLowerCase(), ...scope].join('\0'))
    .digest('hex');
  return `registrar.${purpose}.${digest.slice(0, 32)}`;
}

/** A lock that lives as long as its own connection. */
export class HeldLock {
  private readonly losing = new AbortController();

  constructor(private readonly connection: Connection) {
    const lose = (): void => this.losing.abort(new Error('the connection that held the lock was lost'));
    connection.on('error', lose);
    connection.on('end', lose);
  }

  /** Aborted when the server may have given the lock to somebody else. */
  get lost(): AbortSignal {
    return this.losing.signal;
  }

  async release(): Promise<void> {
    await this.connection.end().catch(() => this.connection.destroy());
  }
}

/** Takes the lock at once or not at all. Throws `LockRefused`, or when the database is away. */
export async function tryHold(address: MysqlAddress, purpose: string): Promise<HeldLock | undefined> {
  const connection = await createConnection({
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
    ...connectionOptions(address),
  });
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
 * Holds a lock on the transaction's connection until that goes back to its pool ({@link returnLocks}): it outlives COMMIT,
 * so whoever waits for it sees what was committed. Throws `UNAVAILABLE` when it cannot be had in time, or at all.
 */
export async function holdInTransaction(manager: EntityManager, purpose: string, ...scope: string[]): Promise<void> {
  const runner = manager.queryRunner;
  if (!runner) throw new Error('a named lock needs a transaction');
  const database = String(manager.dataSource.options.database);
  holders.add(runner);
  const ask = (sql: string, values: unknown[]): Promise<Record<string, unknown>[]> => manager.query(sql, values);
  try {
    if (await requestLock(ask, lockName(purpose, database, ...scope), WAIT_SECONDS)) return;
  } catch (error) {
    throw error instanceof LockRefused ? noLock(error) : error;
  }
  throw unavailable('rows are locked');
}

/** Before a connection goes back to its pool. */
export async function returnLocks(runner: NonNullable<EntityManager['queryRunner']>): Promise<void> {
  if (holders.delete(runner)) await runner.query('select release_all_locks()');
}

/** Only asked for while a unique key is missing: without key and lock nobody can say that a value is free. */
function noLock(cause: LockRefused): ServiceError {
  const message =
    'A unique key is missing, and the database server refuses GET_LOCK. See registrar-control schema verify.';
  return new ServiceError('UNAVAILABLE', 'SCHEMA_INCOMPLETE', message, { cause });
}

import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { requestLock } from './lock-request';
import { rowsOf, type SqlRunner } from '../schema/schema-catalog';

const WAIT_SECONDS = 2;
const RETRY_DELAY_MS = 200;

/** Lower-case ASCII of at most 64 characters: what both servers take, and compare alike. */
export function schemaLockName(database: string): string {
  const name = `registrar.schema.${database.toLowerCase()}`;
  if (/^[a-z0-9_.-]{1,64}$/.test(name)) return name;
  return `registrar.schema.${createHash('sha256').update(database).digest('hex').slice(0, 40)}`;
}

/**
 * Runs the work alone among all replicas; false when the lock stayed with somebody else for the whole time. Throws
 * `LockRefused` where there are no such locks.
 */
export async function withSchemaLock(
  runner: SqlRunner,
  database: string,
  timeoutMs: number,
  work: () => Promise<void>,
): Promise<boolean> {
  const name = schemaLockName(database);
  const deadline = Date.now() + timeoutMs;
  while (!(await tryLock(runner, name))) {
    if (Date.now() >= deadline) return false;
    await delay(RETRY_DELAY_MS);
  }
  try {
    await work();
    return true;
  } finally {
    // A lost connection has given the lock back already; its own error is the one to hear of.
    await runner.query('select release_lock(?)', [name]).catch(() => undefined);
  }
}

function tryLock(runner: SqlRunner, name: string): Promise<boolean> {
  return requestLock((sql, parameters) => rowsOf(runner, sql, parameters), name, WAIT_SECONDS);
}

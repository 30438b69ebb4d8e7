import { describeDatabaseError, isDeadlockOrLockWait, isUnavailable, safeDatabaseError } from '../mysql-errors';

/** MySQL found a deadlock among named locks. */
const USER_LOCK_DEADLOCK = 3058;
/**
 * What a server or a proxy says that has no named locks for us: not supported (also a cluster's strict mode), no such
 * function, not allowed.
 */
const NOT_TO_BE_HAD = new Set([1064, 1105, 1227, 1235, 1305, 1370]);

/** The server gives no named locks at all; asking again will not help. */
export class LockRefused extends Error {
  override readonly name = 'LockRefused';

  constructor(reason: string, cause?: unknown) {
    super(`the server refuses GET_LOCK (${reason})`, { cause });
  }
}

type Ask = (sql: string, parameters: unknown[]) => Promise<readonly Record<string, unknown>[]>;

/**
 * Whether the lock is ours now; false while somebody else has it. Throws {@link LockRefused}, or the driver's error when
 * the database is away.
 */
export async function requestLock(ask: Ask, name: string, waitSeconds: number): Promise<boolean> {
  let rows: readonly Record<string, unknown>[];
  try {
    rows = await ask(`select get_lock(?, ${waitSeconds}) as mine`, [name]);
  } catch (error) {
    const { errno } = safeDatabaseError(error);
    if (isDeadlockOrLockWait(error) || errno === USER_LOCK_DEADLOCK) return false;
    if (NOT_TO_BE_HAD.has(errno ?? 0) || !isUnavailable(error)) {
      throw new LockRefused(describeDatabaseError(error), error);
    }
    throw error;
  }
  const answer = Object.values(rows[0] ?? {})[0];
  if (answer === null || answer === undefined) throw new LockRefused('it answers NULL');
  return Number(answer) === 1;
}

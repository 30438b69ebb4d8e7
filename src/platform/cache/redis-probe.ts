import type { Redis } from 'ioredis';
import { FENCE_SECONDS, FILL_UNLESS_FENCED, fenceOf } from './scripts';

/** A user of Redis may have a part of the keys only. */
const PROBE_KEYS = ['registrar:probe', 'ast_contacts:probe'];

/**
 * Whether all that the cache does works: the database of the configuration, scripts, several keys in one, writes. A server
 * may answer and refuse these; it throws the refusal, then.
 */
export async function probeRedis(redis: Redis): Promise<void> {
  // The library goes on in database 0 when the server refuses the configured one.
  const { db = 0 } = redis.options;
  if (db !== 0) await redis.select(db);
  for (const key of PROBE_KEYS) {
    await redis.eval(FILL_UNLESS_FENCED, 2, key, fenceOf(key), '{}', FENCE_SECONDS, 'ANY');
    await redis.get(key);
    await redis.unlink(key);
  }
}

import { redisInsStore, type RedisStore } from 'cache-manager-ioredis-yet';
import type { Redis } from 'ioredis';

/**
 * The library's store, but for its way to read and write values: it revives dates, functions and references from marks
 * inside texts, and a phone or a caller chooses those texts. Here a value is JSON and nothing more. Throws `SyntaxError`
 * for what is not JSON.
 */
export function jsonStore(redis: Redis): RedisStore {
  const store: RedisStore = redisInsStore(redis);
  const seconds = (ttlMs: number): number => Math.max(1, Math.ceil(ttlMs / 1_000));
  const put = async (key: string, value: unknown, ttlMs: number | undefined): Promise<void> => {
    const text = JSON.stringify(value);
    await (ttlMs === undefined ? redis.set(key, text) : redis.set(key, text, 'EX', seconds(ttlMs)));
  };
  return {
    ...store,
    get: async <T>(key: string) => parse(await redis.get(key)) as T | undefined,
    mget: async (...keys) => (await redis.mget(...keys)).map(parse),
    set: put,
    mset: async (entries, ttlMs) => {
      for (const [key, value] of entries) await put(key, value, ttlMs);
    },
  };
}

function parse(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text);
}

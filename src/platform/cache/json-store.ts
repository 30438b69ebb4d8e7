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
  const put = (key: string, value: unknown, ttlMs: number | undefined): Promise<unknown> =>
    ttlMs === undefined
      ? redis.set(key, JSON.stringify(value))
      : redis.set(key, JSON.stringify(value), 'EX', seconds(ttlMs));
  return {
    ...store,
    get: async <T>(key: string) => parse<T>(await redis.get(key)),
    mget: async (...keys) => (await redis.mget(...keys)).map((text) => parse(text)),
    set: async (key, value, ttlMs) => void (await put(key, value, ttlMs)),
    mset: async (entries, ttlMs) => void (await Promise.all(entries.map(([key, value]) => put(key, value, ttlMs)))),
  };
}

function parse<T>(text: string | null): T | undefined {
  return text === null ? undefined : (JSON.parse(text) as T);
}

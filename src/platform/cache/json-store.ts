import { redisInsStore, type RedisStore } from 'cache-manager-ioredis-yet';
import type { Redis } from 'ioredis';

/** A whole record under its own key, and under those it is looked up by. */
export interface CacheEntry {
  readonly primary: string;
  readonly secondary: readonly string[];
  /** Keys that no longer lead to the record. */
  readonly dropped: readonly string[];
  readonly value: object;
  readonly ttlSeconds: number;
}

/** The store of cache-manager with what it lacks. */
export interface JsonStore extends RedisStore {
  /** As `set`, but overwrites. */
  replace(key: string, value: unknown, ttlMs: number): Promise<void>;
  /** Writes a record under all its keys, unless a newer version of it is there. */
  setUnlessNewer(entry: CacheEntry): Promise<void>;
}

/** The original's prefix for the contacts of an endpoint. */
export const CONTACTS_PREFIX = 'ast_contacts:';

/** How long a dropped key refuses what slow readers would put back. */
const FENCE_SECONDS = 5;
/** A user of Redis may have a part of the keys only. */
const PROBE_KEYS = ['registrar:probe', `${CONTACTS_PREFIX}probe`];

/**
 * KEYS: fence of the primary, primary, secondaries, keys to drop. ARGV: value, ttl, number of secondaries. The primary key
 * decides: when it holds a newer version of the record, nothing is touched. While it is fenced there is nothing to compare
 * with, so whatever comes may be old: all keys go. A version is tm_update, or tm_create when never updated; fractions are
 * trimmed on the wire, so they are padded before they are compared. The original may have left a record there that says
 * "never" with the year 9999, or times of another form: neither is a version.
 */
const STORE_UNLESS_NEWER = `
local function moment(time)
  if type(time) ~= 'string' or string.sub(time, 1, 4) == '9999' then return nil end
  local seconds, fraction = string.match(time, '^(%d+%-%d+%-%d+T%d+:%d+:%d+)%.?(%d*)Z$')
  return seconds and seconds .. '.' .. fraction .. string.rep('0', 6 - #fraction)
end
local function version(text)
  local ok, row = pcall(cjson.decode, text)
  if not ok or type(row) ~= 'table' then return '' end
  return moment(row['tm_update']) or moment(row['tm_create']) or ''
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  for i = 2, #KEYS do redis.call('UNLINK', KEYS[i]) end
  return 1
end
local current = redis.pcall('GET', KEYS[2])
if type(current) == 'string' and version(current) > version(ARGV[1]) then return 0 end
local last = 2 + tonumber(ARGV[3])
for i = 2, last do redis.call('SET', KEYS[i], ARGV[1], 'EX', ARGV[2]) end
for i = last + 1, #KEYS do redis.call('UNLINK', KEYS[i]) end
return 1
`;

/**
 * KEYS: key, fence. ARGV: value, ttl, NX or ANY. A reader's value goes in only when the key was not dropped just now; with
 * NX only when the key is free.
 */
const FILL_UNLESS_FENCED = `
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
if ARGV[3] == 'NX' then return redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2], 'NX') end
return redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
`;

/**
 * The library's store with other ways to read and write. The library revives dates, functions and references from marks
 * inside texts, and a phone or a caller chooses those texts: here a value is JSON and nothing more (`mget` and `mset` are
 * the library's still, and not for use). `get` throws `SyntaxError` for what is not JSON. `set` never overwrites. `mdel`
 * fences its keys: for a moment they refuse what slow readers would put back.
 */
export function jsonStore(redis: Redis): JsonStore {
  const fill =
    (condition: 'NX' | 'ANY') =>
    async (key: string, value: unknown, ttlMs = 0) => {
      const seconds = Math.max(1, Math.ceil(ttlMs / 1_000));
      await redis.eval(FILL_UNLESS_FENCED, 2, key, fenceOf(key), JSON.stringify(value), seconds, condition);
    };
  return {
    ...redisInsStore(redis),
    get: async <T>(key: string) => parse(await redis.get(key)) as T | undefined,
    set: fill('NX'),
    replace: fill('ANY'),
    setUnlessNewer: async ({ primary, secondary, dropped, value, ttlSeconds }) => {
      const keys = [fenceOf(primary), primary, ...secondary, ...dropped];
      await redis.eval(STORE_UNLESS_NEWER, keys.length, ...keys, JSON.stringify(value), ttlSeconds, secondary.length);
    },
    del: async (key) => {
      await redis.unlink(key);
    },
    mdel: (...keys) => dropFenced(redis, keys),
  };
}

/**
 * Whether all that the cache does works: the database of the configuration, scripts, several keys in one, writes. A server
 * may answer and refuse these; it throws the refusal, then.
 */
export async function probeRedis(redis: Redis, store: JsonStore): Promise<void> {
  // The library goes on in database 0 when the server refuses the configured one.
  const { db = 0 } = redis.options;
  if (db !== 0) await redis.select(db);
  for (const key of PROBE_KEYS) {
    await store.replace(key, {}, FENCE_SECONDS * 1_000);
    await store.get(key);
    await store.del(key);
  }
}

function parse(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text);
}

function fenceOf(key: string): string {
  return `registrar:fence:${key}`;
}

/** Throws when one of the keys was not dropped: a pipeline tells of failures in its results alone. */
async function dropFenced(redis: Redis, keys: readonly string[]): Promise<void> {
  const pipeline = redis.pipeline().unlink(...keys);
  for (const key of keys) pipeline.set(fenceOf(key), '1', 'EX', FENCE_SECONDS);
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
}

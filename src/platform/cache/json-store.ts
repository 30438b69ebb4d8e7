import { redisInsStore, type RedisStore } from 'cache-manager-ioredis-yet';
import type { Redis } from 'ioredis';
import { hash } from 'node:crypto';

/** A record, stored under its own key and under the keys of its look-ups. */
export interface CacheEntry {
  readonly primary: string;
  readonly secondary: readonly string[];
  /** Keys that no longer lead to the record. */
  readonly dropped: readonly string[];
  /** Keys of other values that the change makes wrong. They are dropped and fenced whatever version is stored. */
  readonly fenced?: readonly string[];
  readonly value: object;
  readonly ttlSeconds: number;
}

/** cache-manager's store with two more operations. */
export interface JsonStore extends RedisStore {
  /** As `set`, but overwrites. */
  replace(key: string, value: unknown, ttlMs: number): Promise<void>;
  /** Writes a record under all its keys, unless a newer version of it is there. */
  setUnlessNewer(entry: CacheEntry): Promise<void>;
}

/** The original's prefix for the contacts of an endpoint. */
export const CONTACTS_PREFIX = 'ast_contacts:';

/** How long a dropped key stays fenced: no slow reader can store a value under it meanwhile. */
const FENCE_SECONDS = 5;
/** A Redis user may be allowed only some of the keys. */
const PROBE_KEYS = ['registrar:probe', `${CONTACTS_PREFIX}probe`];

/**
 * KEYS: fence of the primary, primary, secondaries, keys to drop, keys to drop and fence, their fences. ARGV: value, ttl,
 * number of secondaries, number of keys to drop, seconds of a fence. The primary key decides about all but the fenced:
 * when it holds a newer version of the record, nothing changes. While it is fenced it holds nothing to compare with, so
 * the new value may be old: all keys are dropped. A version is tm_update, or tm_create for a record that was never
 * updated; fractions are trimmed on the wire, so they are padded before they are compared. The original may have left a
 * record with the year 9999 for "never", or with times in another form: neither counts as a version.
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
local last = 2 + tonumber(ARGV[3])
local kept = last + tonumber(ARGV[4])
local fenced = (#KEYS - kept) / 2
for i = kept + 1, kept + fenced do
  redis.call('UNLINK', KEYS[i])
  redis.call('SET', KEYS[i + fenced], '1', 'EX', ARGV[5])
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  for i = 2, kept do redis.call('UNLINK', KEYS[i]) end
  return 1
end
local current = redis.pcall('GET', KEYS[2])
if type(current) == 'string' and version(current) > version(ARGV[1]) then return 0 end
for i = 2, last do redis.call('SET', KEYS[i], ARGV[1], 'EX', ARGV[2]) end
for i = last + 1, kept do redis.call('UNLINK', KEYS[i]) end
return 1
`;

/**
 * KEYS: key, fence. ARGV: value, ttl, NX or ANY. A reader's value is stored only while the key is not fenced, and with
 * NX only if the key is free.
 */
const FILL_UNLESS_FENCED = `
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
if ARGV[3] == 'NX' then return redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2], 'NX') end
return redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
`;

/**
 * The library's store with its own reads and writes. The library revives dates, functions and references from marks
 * inside strings, and a phone or a caller chooses those strings; here a value is plain JSON. Do not use `mget` and
 * `mset`: they are still the library's. `get` throws `SyntaxError` for a value that is not JSON. `set` never
 * overwrites. `mdel` fences its keys, so that no slow reader puts an old value back.
 */
export function jsonStore(redis: Redis): JsonStore {
  const storeUnlessNewer = byDigest(redis, STORE_UNLESS_NEWER);
  const fillUnlessFenced = byDigest(redis, FILL_UNLESS_FENCED);
  const fill =
    (condition: 'NX' | 'ANY') =>
    async (key: string, value: unknown, ttlMs = 0) => {
      const seconds = Math.max(1, Math.ceil(ttlMs / 1_000));
      await fillUnlessFenced([key, fenceOf(key)], [JSON.stringify(value), seconds, condition]);
    };
  return {
    ...redisInsStore(redis),
    get: async <T>(key: string) => parse(await redis.get(key)) as T | undefined,
    set: fill('NX'),
    replace: fill('ANY'),
    setUnlessNewer: async ({ primary, secondary, dropped, fenced = [], value, ttlSeconds }) => {
      const keys = [fenceOf(primary), primary, ...secondary, ...dropped, ...fenced, ...fenced.map(fenceOf)];
      const counts = [ttlSeconds, secondary.length, dropped.length, FENCE_SECONDS];
      await storeUnlessNewer(keys, [JSON.stringify(value), ...counts]);
    },
    del: async (key) => {
      await redis.unlink(key);
    },
    mdel: (...keys) => dropFenced(redis, keys),
  };
}

/**
 * Tries all that the cache needs: the configured database, scripts, scripts with several keys, writes. Throws the
 * refusal of a server that answers but refuses one of them.
 */
export async function probeRedis(redis: Redis, store: JsonStore): Promise<void> {
  // The library uses database 0 when the server refuses the configured one.
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

type Script = (keys: readonly string[], values: readonly (string | number)[]) => Promise<unknown>;

/** The server does not know the script, or this login or a proxy does not allow the command. */
const WANTS_TEXT = /^NOSCRIPT|^NOPERM|^ERR unknown command/i;

/** Runs a script by its digest, so that its text is sent only when the server wants it. */
function byDigest(redis: Redis, lua: string): Script {
  const digest = hash('sha1', lua);
  return async (keys, values) => {
    try {
      return await redis.evalsha(digest, keys.length, ...keys, ...values);
    } catch (error) {
      if (!(error instanceof Error && WANTS_TEXT.test(error.message))) throw error;
      return redis.eval(lua, keys.length, ...keys, ...values);
    }
  };
}

function fenceOf(key: string): string {
  return `registrar:fence:${key}`;
}

/** Throws when a key was not dropped: a pipeline reports failures only in its results. */
async function dropFenced(redis: Redis, keys: readonly string[]): Promise<void> {
  const pipeline = redis.pipeline().unlink(...keys);
  for (const key of keys) pipeline.set(fenceOf(key), '1', 'EX', FENCE_SECONDS);
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
}

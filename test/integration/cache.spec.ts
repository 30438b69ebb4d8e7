import Redis from 'ioredis';
import { Cache, type CacheEntry } from '../../src/platform/cache/cache';
import type { Config } from '../../src/platform/config/config';
import type { HealthRegistry } from '../../src/platform/observability/health/health-registry';
import type { Log } from '../../src/platform/observability/log/logger';
import { Metrics } from '../../src/platform/observability/metrics/metrics';
import { RequestContext, remainingMs, runInContext } from '../../src/platform/observability/request-context';
import { eventually, staysTrue } from '../support/conditions';
import { PrivateRedis } from '../support/redis';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly tm_create: string;
  readonly tm_update: string | null;
}

const log = { info: () => undefined, warning: () => undefined } as unknown as Log;

function openCache(port: number): Cache {
  const config = { redisHost: '127.0.0.1', redisPort: port, redisDatabase: 1, redisPassword: '' } as unknown as Config;
  return new Cache(config, new Metrics(), { register: () => undefined } as unknown as HealthRegistry, log);
}

/** As every reader of the service does it. */
async function remember(cache: Cache, key: string, load: () => Promise<Row[]>): Promise<Row[]> {
  const cached = await cache.read<Row[]>('test', key);
  if (cached !== undefined) return cached;
  const loaded = await load();
  await cache.fill(key, loaded, 60);
  return loaded;
}

const row = (name: string, tm_update: string | null, tm_create = '2026-08-22T10:11:12.5Z'): Row => ({
  id: 'id',
  name,
  tm_create,
  tm_update,
});
const entry = (value: Row, more: Partial<CacheEntry> = {}): CacheEntry => ({
  primary: 'record:id',
  secondary: ['by-name:a'],
  dropped: [],
  value,
  ttlSeconds: 60,
  ...more,
});

describe('the cache on a real Redis', () => {
  let server: PrivateRedis;
  let look: Redis;
  let cache: Cache;
  let missed: string[];

  async function trusted(one: Cache): Promise<void> {
    await eventually('the cache is trusted', async () => {
      await look.set('canary', '{"is":"there"}');
      return (await one.read('test', 'canary')) !== undefined;
    });
  }

  beforeAll(async () => {
    server = await PrivateRedis.start();
    look = new Redis({ port: server.port, db: 1, retryStrategy: () => 50, maxRetriesPerRequest: null });
    look.on('error', () => undefined);
  });
  afterAll(async () => {
    look.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    if (!server.running) await server.start();
    await look.flushdb();
    missed = [];
    cache = openCache(server.port);
    cache.start(() => [missed]);
    await trusted(cache);
  });
  afterEach(() => {
    server.resume();
    cache.onApplicationShutdown();
  });

  const stored = async (key = 'record:id'): Promise<string | undefined> => {
    const text = await look.get(key);
    return text === null ? undefined : (JSON.parse(text) as Row).name;
  };

  it.each([
    ['2026-08-22T10:11:12.5Z', '2026-08-22T10:11:12.49Z'],
    ['2026-08-22T10:11:12.1Z', '2026-08-22T10:11:12.099999Z'],
    ['2026-08-22T10:11:12.000001Z', '2026-08-22T10:11:12Z'],
    ['2026-08-22T10:11:13Z', '2026-08-22T10:11:12.999999Z'],
    ['2026-08-22T10:11:12.123456Z', '2026-08-22T10:11:12.12345Z'],
    ['2027-01-01T00:00:00Z', '2026-12-31T23:59:59.999999Z'],
  ])('never replaces a record of %s with one of %s', async (newer, older) => {
    await cache.store(entry(row('newer', newer)));
    await cache.store(entry(row('older', older)));
    expect([await stored(), await stored('by-name:a')]).toEqual(['newer', 'newer']);
    await cache.store(entry(row('newest', `2028${newer.slice(4)}`)));
    expect([await stored(), await stored('by-name:a')]).toEqual(['newest', 'newest']);
  });

  it('takes a record never updated by its creation', async () => {
    await cache.store(entry(row('updated', '2026-08-22T10:11:12.6Z')));
    await cache.store(entry(row('created', null)));
    expect(await stored()).toBe('updated');
    await look.flushdb();
    await cache.store(entry(row('created', null)));
    await cache.store(entry(row('updated', '2026-08-22T10:11:12.6Z')));
    expect(await stored()).toBe('updated');
  });

  it.each([
    'not json',
    '[]',
    '"text"',
    'null',
    '{"tm_update":5}',
    '',
    '{"tm_update":"9999-01-01T00:00:00Z","tm_create":"2026-08-22T10:11:12Z"}',
    '{"tm_update":"9999-01-01 00:00:00.000000","tm_create":"2026-01-16 01:02:03.123456"}',
    '{"tm_update":"a.b"}',
  ])('replaces %j, which is no newer record, and still believes Redis', async (text) => {
    await look.set('record:id', text);
    await cache.store(entry(row('ours', null)));
    expect(await stored()).toBe('ours');
    expect(cache.isUp).toBe(true);
  });

  it('keeps look-ups and drops those that lead elsewhere, for a bounded time', async () => {
    await look.set('by-name:old', '{}');
    await cache.store(entry(row('renamed', null), { dropped: ['by-name:old'] }));
    expect(await look.exists('by-name:old')).toBe(0);
    for (const key of ['record:id', 'by-name:a']) {
      expect(await look.ttl(key)).toBeGreaterThan(0);
      expect(await look.ttl(key)).toBeLessThanOrEqual(60);
    }
  });

  it('leaves the look-ups alone when a newer record is there', async () => {
    await cache.store(entry(row('deleted', '2026-08-23T00:00:00Z'), { secondary: [], dropped: ['by-name:a'] }));
    await cache.store(entry(row('alive', '2026-08-22T10:11:13Z')));
    expect(await look.exists('by-name:a')).toBe(0);
    expect(await stored()).toBe('deleted');
  });

  it('ends with the newest, however many write and read at once', async () => {
    const others = [openCache(server.port), openCache(server.port)];
    for (const other of others) other.start(() => []);
    for (const other of others) await trusted(other);
    const all = [cache, ...others];
    const versions = Array.from(
      { length: 300 },
      (_, n) => `2026-08-22T10:11:13.${String(n).padStart(6, '0')}`.replace(/\.?0+$/, '') + 'Z',
    );
    const shuffled = [...versions].sort(
      (a, b) => a.length * 7 + a.charCodeAt(a.length - 2) - (b.length * 7 + b.charCodeAt(b.length - 2)),
    );
    await Promise.all(shuffled.map((version, n) => (all[n % all.length] ?? cache).store(entry(row(version, version)))));
    expect(await stored()).toBe(versions.at(-1));
    expect(await stored('by-name:a')).toBe(versions.at(-1));
    for (const other of others) other.onApplicationShutdown();
  });

  it('keeps a dropped key free of what slow readers bring', async () => {
    let answer: ((rows: Row[]) => void) | undefined;
    const slow = remember(cache, 'list:1', () => new Promise<Row[]>((resolve) => (answer = resolve)));
    const load = await eventually('the reader is loading', () => answer);
    await cache.drop(['list:1', 'record:id']);
    load([row('old', null)]);
    await slow;
    await remember(cache, 'list:1', () => Promise.resolve([row('old', null)]));
    expect(await look.exists('list:1')).toBe(0);
    await cache.store(entry(row('old', null)));
    expect(await look.exists('record:id', 'by-name:a')).toBe(0);
    expect(await look.ttl('registrar:fence:list:1')).toBeGreaterThan(0);
  });

  it('remembers what was loaded, once', async () => {
    const load = jest.fn(() => Promise.resolve([row('a', null)]));
    await remember(cache, 'list:2', load);
    await expect(remember(cache, 'list:2', load)).resolves.toEqual([row('a', null)]);
    expect(load).toHaveBeenCalledTimes(1);
    await expect(remember(cache, 'list:3', () => Promise.resolve([]))).resolves.toEqual([]);
    expect(await look.get('list:3')).toBe('[]');
  });

  it('takes a value that is not JSON for a miss, and goes on trusting Redis', async () => {
    await look.set('broken', '{');
    await expect(cache.read('test', 'broken')).resolves.toBeUndefined();
    await expect(cache.read('test', 'canary')).resolves.toEqual({ is: 'there' });
  });

  it('takes a key of another type for a miss, frees it, and goes on trusting Redis', async () => {
    await look.hset('record:id', 'field', 'value');
    await expect(cache.read('test', 'record:id')).resolves.toBeUndefined();
    expect(await look.exists('record:id')).toBe(0);
    await look.hset('record:id', 'field', 'value');
    await look.rpush('by-name:a', 'value');
    await cache.store(entry(row('ours', null)));
    expect([await stored(), await stored('by-name:a')]).toEqual(['ours', 'ours']);
    await expect(cache.read('test', 'canary')).resolves.toEqual({ is: 'there' });
  });

  it('says so when Redis hangs, and answers in time', async () => {
    server.suspend();
    const startedAt = Date.now();
    await expect(cache.drop(['record:id'])).resolves.toBe(false);
    await expect(cache.store(entry(row('x', null)))).resolves.toBe(false);
    await expect(cache.read('test', 'canary')).resolves.toBeUndefined();
    expect(Date.now() - startedAt).toBeLessThan(2_000);
  });

  it('drops what it missed before it is trusted again, after a hang that a request noticed', async () => {
    await look.set('record:id', JSON.stringify(row('old', null)));
    await look.set('ast_contacts:1', '[]');
    server.suspend();
    await runInContext(new RequestContext('r', 400), async () => {
      await expect(cache.store(entry(row('new', '2026-08-23T00:00:00Z')))).resolves.toBe(false);
      await cache.forget(['ast_contacts:1']);
    });
    missed = ['record:id'];
    const budgets: number[] = [];
    cache.start(() => {
      budgets.push(remainingMs());
      return [missed];
    });
    await staysTrue('not trusted while it hangs', async () => (await cache.read('test', 'canary')) === undefined, 600);
    server.resume();
    await trusted(cache);
    expect(await look.exists('record:id', 'ast_contacts:1')).toBe(0);
    expect(budgets.every((budget) => budget === Infinity)).toBe(true);
  });

  it('drops what it missed before it is trusted again, after Redis was killed and came back empty', async () => {
    await server.stop();
    await expect(cache.store(entry(row('new', null)))).resolves.toBe(false);
    await expect(cache.read('test', 'canary')).resolves.toBeUndefined();
    await expect(remember(cache, 'list:1', () => Promise.resolve([]))).resolves.toEqual([]);
    missed = ['record:id'];
    await server.start();
    await look.set('record:id', JSON.stringify(row('old', null)));
    await trusted(cache);
    await expect(cache.read('test', 'record:id')).resolves.toBeUndefined();
  });

  it('is not trusted as long as nobody can say what it missed', async () => {
    await server.stop();
    await expect(cache.read('test', 'canary')).resolves.toBeUndefined();
    let isAsked = false;
    let isKnown = false;
    cache.start(() => {
      isAsked = true;
      if (!isKnown) throw new Error('the database is away');
      return [];
    });
    await server.start();
    await eventually('somebody asked', () => isAsked);
    await staysTrue('not trusted', async () => (await cache.read('test', 'canary')) === undefined, 500);
    isKnown = true;
    await trusted(cache);
  });

  it('is not trusted when Redis fails again while it is told what it missed', async () => {
    await server.stop();
    await expect(cache.read('test', 'canary')).resolves.toBeUndefined();
    let tell: () => void = () => undefined;
    let asked = 0;
    cache.start(async function* () {
      asked++;
      if (asked === 1) await new Promise<void>((resolve) => (tell = resolve));
      else yield ['record:id'];
    });
    await server.start();
    await eventually('asked once', () => asked === 1);
    server.suspend();
    await expect(cache.store(entry(row('new', '2026-08-23T00:00:00Z')))).resolves.toBe(false);
    server.resume();
    await look.set('record:id', JSON.stringify(row('old', null)));
    tell();
    await trusted(cache);
    expect(asked).toBeGreaterThan(1);
    expect(await stored()).not.toBe('old');
  });
});

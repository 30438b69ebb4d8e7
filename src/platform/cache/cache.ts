import { Global, Injectable, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { createCache, type Cache as CacheManager } from 'cache-manager';
import { Redis } from 'ioredis';
import { coalesceWrites } from '../coalesced-writes';
import { Config } from '../config/config';
import { HealthRegistry } from '../observability/health/health-registry';
import { Log } from '../observability/log/logger';
import { Metrics } from '../observability/metrics/metrics';
import { CacheOutage, type MissedKeys } from './cache-outage';
import { type CacheEntry, type JsonStore, jsonStore } from './json-store';
import { redisOptions } from './redis-options';

export { CONTACTS_PREFIX, type CacheEntry } from './json-store';

/**
 * The Redis cache, which may be away at any time (docs/architecture.md). While it is away, or has not yet dropped what
 * it missed, reads go to the database. A record never replaces a newer one, even if a slow reader or writer stores it
 * late.
 */
@Injectable()
export class Cache implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly redis: Redis;
  private readonly jsonStore: JsonStore;
  private readonly manager: CacheManager;
  private readonly outage: CacheOutage;

  constructor(
    config: Config,
    private readonly metrics: Metrics,
    private readonly health: HealthRegistry,
    log: Log,
  ) {
    this.redis = new Redis(redisOptions(config));
    this.jsonStore = jsonStore(this.redis);
    this.manager = createCache(this.jsonStore);
    this.outage = new CacheOutage(this.redis, this.jsonStore, metrics, log);
    this.redis.on('connect', () => coalesceWrites(this.redis.stream));
    this.redis.on('error', (error) => this.outage.noteConnectFailure(error));
    this.redis.on('close', () => this.outage.markAway(new Error('the connection was closed')));
  }

  onApplicationBootstrap(): void {
    this.health.register({ name: 'redis', kind: 'degrading', check: () => this.checkHealth() });
  }

  onApplicationShutdown(): void {
    this.outage.stop();
    this.redis.disconnect();
  }

  /** Connects. Each time before the cache is trusted, it drops the keys that `missed` gives. */
  start(missed: MissedKeys): void {
    this.outage.start(missed);
  }

  get isUp(): boolean {
    return this.outage.isWritable;
  }

  /** Why Redis is not used, as text for a person; `undefined` when Redis answers, trusted or not. */
  async trouble(): Promise<string | undefined> {
    return (await this.outage.trouble())?.text;
  }

  /** The value, `undefined` on a miss. Never throws. */
  async read<T extends object>(cache: string, key: string): Promise<T | undefined> {
    if (!this.outage.isTrusted) {
      this.metrics.cacheRequest(cache, 'bypass');
      return undefined;
    }
    try {
      const value = await this.manager.get<T>(key);
      this.metrics.cacheRequest(cache, value ? 'hit' : 'miss');
      return value ?? undefined;
    } catch (error) {
      const isUnreadable = isOfValue(error);
      this.metrics.cacheRequest(cache, isUnreadable ? 'miss' : 'bypass');
      if (isUnreadable) await this.write(() => this.manager.del(key));
      else this.outage.markAway(error);
      return undefined;
    }
  }

  /**
   * Stores a record, for a writer after its commit or for a reader, unless a newer one is there already. False when
   * Redis did not take it: its keys must be dropped later.
   */
  async store(entry: CacheEntry): Promise<boolean> {
    const isStored = await this.write(() => this.jsonStore.setUnlessNewer(entry));
    if (!isStored) this.outage.addMissed(entry.fenced ?? []);
    return isStored;
  }

  /** Stores what a reader loaded, unless the key was dropped meanwhile. Overwrites a value only with `replaces`. */
  async fill(key: string, value: object, ttlSeconds: number, replaces = false): Promise<void> {
    const ttlMs = ttlSeconds * 1_000;
    await this.write(() =>
      replaces ? this.jsonStore.replace(key, value, ttlMs) : this.manager.set(key, value, ttlMs),
    );
  }

  /**
   * Drops keys and fences them for a moment, so that no slow reader puts an old value back. False when Redis did not.
   */
  async drop(keys: readonly string[]): Promise<boolean> {
    return keys.length === 0 || this.write(() => this.jsonStore.mdel(...keys));
  }

  /** Like {@link drop}; keys that Redis misses are dropped before the cache is trusted again. */
  async forget(keys: readonly string[]): Promise<void> {
    if (!(await this.drop(keys))) this.outage.addMissed(keys);
  }

  /**
   * Stores a value that is no copy of a row, so it cannot be out of date. It may be large and is not needed: when Redis
   * does not take it, it is lost, and the cache stays in use.
   */
  async keep(key: string, value: object, ttlSeconds: number): Promise<void> {
    await this.aside(() => this.jsonStore.replace(key, value, ttlSeconds * 1_000));
  }

  /** A value of {@link keep}; `undefined` without one, or while Redis is away. */
  async recall(key: string): Promise<unknown> {
    return this.aside(() => this.manager.get<unknown>(key));
  }

  /** Removes a value of {@link keep}. */
  async discard(key: string): Promise<void> {
    await this.aside(() => this.manager.del(key));
  }

  private async checkHealth(): Promise<void> {
    const trouble = await this.outage.trouble();
    if (trouble !== undefined) throw Object.assign(new Error(trouble.text), { code: trouble.code });
  }

  /** A failure says nothing about the cache. */
  private async aside<T>(command: () => Promise<T>): Promise<T | undefined> {
    return this.outage.isWritable ? command().catch(() => undefined) : undefined;
  }

  private async write(command: () => Promise<unknown>): Promise<boolean> {
    if (!this.outage.isWritable) return false;
    try {
      await command();
      return true;
    } catch (error) {
      this.outage.markAway(error);
      return false;
    }
  }
}

/** The stored value is not JSON, or not a string. Another program wrote it; Redis itself works. */
function isOfValue(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof Error && error.message.startsWith('WRONGTYPE'));
}

@Global()
@Module({ providers: [Cache], exports: [Cache] })
export class CacheModule {}

/** The type of a field of a cached value. */
type FieldKind = 'text' | 'text or null' | 'number' | 'texts';

/** A reply's fields in the wire's order. */
export type Shape<T> = { readonly [Field in keyof T]-?: FieldKind };

const CHECKS: Readonly<Record<FieldKind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  'text or null': (value) => typeof value === 'string' || value === null,
  number: (value) => typeof value === 'number',
  texts: (value) => Array.isArray(value) && value.every((entry) => typeof entry === 'string'),
};

/**
 * A cached value as a reply: the fields of the shape, in its order, and no others. `undefined` when a field is missing
 * or has another type. The original and other programs write these keys too.
 */
export function readShape<T extends object>(cached: unknown, shape: Shape<T>): T | undefined {
  if (typeof cached !== 'object' || cached === null) return undefined;
  const found: Record<string, unknown> = {};
  for (const [field, kind] of Object.entries<FieldKind>(shape)) {
    const value = Object.hasOwn(cached, field) ? (cached as Record<string, unknown>)[field] : undefined;
    if (!CHECKS[kind](value)) return undefined;
    found[field] = value;
  }
  return found as T;
}

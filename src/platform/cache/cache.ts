import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { caching, type Cache as CacheManager } from 'cache-manager';
import { Redis } from 'ioredis';
import { Config } from '../config/config';
import { HealthRegistry } from '../observability/health/health-registry';
import { Log } from '../observability/log/logger';
import { Metrics } from '../observability/metrics/metrics';
import { CacheOutage, unlinkFenced, type MissedKeys } from './cache-outage';
import { jsonStore } from './json-store';
import { redisOptions } from './redis-options';
import { redisReason } from './redis-reason';
import { FILL_UNLESS_FENCED, STORE_UNLESS_NEWER, fenceOf } from './scripts';

/** A whole record under its own key, and under those it is looked up by. */
export interface CacheEntry {
  readonly primary: string;
  readonly secondary: readonly string[];
  /** Keys that no longer lead to the record. */
  readonly dropped: readonly string[];
  readonly value: object;
  readonly ttlSeconds: number;
}

/**
 * Redis as a cache that may be away at any time (design §6). While it is away, or back but not yet told what it missed,
 * reads go to the database. A record never replaces a newer one, whoever is slow.
 */
@Injectable()
export class Cache implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly redis: Redis;
  private readonly manager: Promise<CacheManager>;
  private readonly outage: CacheOutage;

  constructor(
    config: Config,
    private readonly metrics: Metrics,
    private readonly health: HealthRegistry,
    log: Log,
  ) {
    this.redis = new Redis(redisOptions(config));
    this.manager = caching(jsonStore(this.redis));
    this.outage = new CacheOutage(this.redis, metrics, log);
    this.redis.on('error', (error) => this.outage.noteAttempt(error));
    this.redis.on('close', () => this.outage.begin(new Error('the connection was closed')));
  }

  onApplicationBootstrap(): void {
    this.health.register({ name: 'redis', kind: 'degrading', check: () => this.checkHealth() });
  }

  onApplicationShutdown(): void {
    this.outage.stop();
    this.redis.disconnect();
  }

  /** Connects, and keeps asking `missed` for the keys to drop each time before the cache is trusted (again). */
  start(missed: MissedKeys): void {
    this.outage.start(missed);
  }

  get isUp(): boolean {
    return this.outage.isWritable;
  }

  /** Why Redis is not used, in words for a person; `undefined` when it answers, trusted or not. */
  async trouble(): Promise<string | undefined> {
    return this.outage.check().then(
      () => undefined,
      (error: unknown) => (this.outage.trouble ?? redisReason(error)).text,
    );
  }

  /** The value, `undefined` on a miss. Never throws. */
  async read<T extends object>(cache: string, key: string): Promise<T | undefined> {
    if (!this.outage.isTrusted) {
      this.metrics.cacheRequest(cache, 'bypass');
      return undefined;
    }
    try {
      const value = await (await this.manager).get<T>(key);
      this.metrics.cacheRequest(cache, value ? 'hit' : 'miss');
      return value ?? undefined;
    } catch (error) {
      const isUnreadable = isOfValue(error);
      this.metrics.cacheRequest(cache, isUnreadable ? 'miss' : 'bypass');
      if (isUnreadable) await this.write(() => this.redis.unlink(key));
      else this.outage.begin(error);
      return undefined;
    }
  }

  /**
   * Stores a record unless a newer one is there already; for writers after their commit and for readers alike. False when
   * Redis did not take it, so that somebody must drop the keys later.
   */
  store(entry: CacheEntry): Promise<boolean> {
    const keys = [fenceOf(entry.primary), entry.primary, ...entry.secondary, ...entry.dropped];
    return this.write(() =>
      this.redis.eval(
        STORE_UNLESS_NEWER,
        keys.length,
        ...keys,
        JSON.stringify(entry.value),
        entry.ttlSeconds,
        entry.secondary.length,
      ),
    );
  }

  /** Keeps what a reader has loaded, unless the key was dropped meanwhile; what is there gives way only when told so. */
  async fill(key: string, value: object, ttlSeconds: number, replaces = false): Promise<void> {
    const [text, condition] = [JSON.stringify(value), replaces ? 'ANY' : 'NX'];
    await this.write(() => this.redis.eval(FILL_UNLESS_FENCED, 2, key, fenceOf(key), text, ttlSeconds, condition));
  }

  /** Forgets keys, and for a moment refuses what slow readers would put back. False when Redis was not reached. */
  async drop(keys: readonly string[]): Promise<boolean> {
    if (keys.length === 0) return true;
    return this.write(() => unlinkFenced(this.redis, keys));
  }

  /** Like {@link drop}; what Redis misses now is made up for before it is trusted again. */
  async forget(keys: readonly string[]): Promise<void> {
    if (!(await this.drop(keys))) this.outage.remember(keys);
  }

  private async checkHealth(): Promise<void> {
    try {
      await this.outage.check();
    } catch (error) {
      const { code, text } = this.outage.trouble ?? redisReason(error);
      throw Object.assign(new Error(text), { code });
    }
  }

  private async write(command: () => Promise<unknown>): Promise<boolean> {
    if (!this.outage.isWritable) return false;
    try {
      await command();
      return true;
    } catch (error) {
      this.outage.begin(error);
      return false;
    }
  }
}

/** What is stored there is not JSON, or not a text: somebody's mistake, and no news of Redis. */
function isOfValue(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof Error && error.message.startsWith('WRONGTYPE'));
}

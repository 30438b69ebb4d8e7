import type { ChainableCommander, Redis } from 'ioredis';
import type { Log } from '../observability/log/logger';
import type { Metrics } from '../observability/metrics/metrics';
import { runDetached } from '../observability/request-context';
import { probeRedis } from './redis-probe';
import { redisReason, type RedisReason } from './redis-reason';
import { FENCE_SECONDS, fenceOf } from './scripts';

const PROBE_EVERY_MS = 250;
const UNLINK_BATCH = 500;
const MISSED_MAX = 10_000;
const CONTACTS_PATTERN = 'ast_contacts:*';
const RECONNECT_EVERY_MS = 1_000;

/** The keys that changes made wrong and that nobody has dropped, in pages. */
export type MissedKeys = () => AsyncIterable<readonly string[]> | Iterable<readonly string[]>;

/**
 * Whether Redis may be written to and believed. After any failure it is neither, until it answers again (writable) and
 * has dropped all that it missed (trusted).
 */
export class CacheOutage {
  private state: 'away' | 'writable' | 'trusted' = 'away';
  private missed: MissedKeys = () => [];
  private readonly forgotten = new Set<string>();
  private hasForgottenTooMuch = false;
  private timer: NodeJS.Timeout | undefined;
  /** Counts failures, so that a recovery notices the one that came in its middle. */
  private failures = 0;
  private isStopped = true;
  private reason: RedisReason | undefined;
  private isUntold = false;
  private reconnectedAt = 0;

  constructor(
    private readonly redis: Redis,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  get isTrusted(): boolean {
    return this.state === 'trusted';
  }

  get isWritable(): boolean {
    return this.state !== 'away';
  }

  start(missed: MissedKeys): void {
    this.missed = missed;
    this.isStopped = false;
    // A probe before the first attempt has ended would only tell that there is no connection yet.
    const attempt = this.redis.connect().catch(() => undefined);
    void attempt.then(() => this.schedule(0));
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** Keys that Redis should have forgotten while it was away. */
  remember(keys: readonly string[]): void {
    for (const key of keys) this.forgotten.add(key);
    if (this.forgotten.size > MISSED_MAX) {
      this.forgotten.clear();
      this.hasForgottenTooMuch = true;
    }
  }

  begin(error: unknown): void {
    this.state = 'away';
    this.failures++;
    if (this.isStopped) return;
    this.note(error);
    this.schedule(PROBE_EVERY_MS);
  }

  /** An attempt to connect has failed; why no command works is known from then on. */
  noteAttempt(error: unknown): void {
    if (!this.isTrusted && !this.isStopped) this.note(error);
  }

  /** Why Redis is not used; `undefined` while it is, and while only what it missed is not known yet. */
  get trouble(): RedisReason | undefined {
    return this.isTrusted ? undefined : this.reason;
  }

  /** Asks Redis itself: that another dependency keeps the cache from being used is no fault of Redis. */
  async check(): Promise<void> {
    if (this.isTrusted) return;
    await probeRedis(this.redis);
  }

  private schedule(delayMs: number): void {
    clearTimeout(this.timer);
    if (!this.isStopped) this.timer = runDetached(() => setTimeout(() => void this.recover(), delayMs));
  }

  private async recover(): Promise<void> {
    if (this.state === 'trusted') return;
    const failuresBefore = this.failures;
    if (!(await this.answers())) {
      this.state = 'away';
      this.schedule(PROBE_EVERY_MS);
      return;
    }
    try {
      // Writers go first: what commits from here on writes through, what committed before is among the missed.
      this.state = 'writable';
      await this.replay();
      // What was missed in the meantime was not replayed; the failure has scheduled the next recovery.
      if (this.failures !== failuresBefore) return;
      this.state = 'trusted';
      this.isUntold = false;
      this.log.info('The cache is trusted');
    } catch (error) {
      this.state = 'away';
      if (!this.isUntold) this.log.warning('The cache is not used: what it must forget first is not known', { error });
      this.isUntold = true;
      this.schedule(PROBE_EVERY_MS);
    }
  }

  private async answers(): Promise<boolean> {
    try {
      await probeRedis(this.redis);
      this.reason = undefined;
      this.metrics.redisUp(true);
      return true;
    } catch (error) {
      this.note(error);
      return false;
    }
  }

  /** Each reason once. After a fail-over, or on a connection that went silent, only a new one helps. */
  private note(error: unknown): void {
    const reason = redisReason(error);
    this.metrics.redisUp(false);
    // That there is no connection is no news beside why there is none.
    if (reason.code === 'CLOSED' && this.reason !== undefined) return;
    if (this.reason?.code !== reason.code) {
      this.log.warning(`Going on without Redis: ${reason.text}`, { code: reason.code });
    }
    this.reason = reason;
    if (reason.wantsReconnect) this.reconnect();
  }

  private reconnect(): void {
    if (Date.now() - this.reconnectedAt < RECONNECT_EVERY_MS) return;
    this.reconnectedAt = Date.now();
    this.redis.disconnect(true);
  }

  private async replay(): Promise<void> {
    const forgotten = [...this.forgotten];
    for await (const keys of this.missed()) await this.unlink(keys);
    await this.unlink(forgotten);
    if (this.hasForgottenTooMuch) await this.unlinkAllContacts();
    this.hasForgottenTooMuch = false;
    for (const key of forgotten) this.forgotten.delete(key);
  }

  private async unlink(keys: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += UNLINK_BATCH) {
      await unlinkFenced(this.redis, keys.slice(from, from + UNLINK_BATCH));
    }
  }

  private async unlinkAllContacts(): Promise<void> {
    for await (const keys of this.redis.scanStream({ match: CONTACTS_PATTERN, count: 1_000 })) {
      const found = keys as string[];
      if (found.length > 0) await this.redis.unlink(...found);
    }
  }
}

/** Forgets keys, and for a moment refuses what slow readers would put back. Throws when one of them was not forgotten. */
export async function unlinkFenced(redis: Redis, keys: readonly string[]): Promise<void> {
  const pipeline = redis.pipeline().unlink(...keys);
  for (const key of keys) pipeline.set(fenceOf(key), '1', 'EX', FENCE_SECONDS);
  await execute(pipeline);
}

/** A pipeline tells of failures in its results alone, even when the connection is gone. */
async function execute(pipeline: ChainableCommander): Promise<void> {
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
}

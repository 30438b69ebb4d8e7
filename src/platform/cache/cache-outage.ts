import type { Redis } from 'ioredis';
import type { Log } from '../observability/log/logger';
import type { Metrics } from '../observability/metrics/metrics';
import { runDetached } from '../observability/request-context';
import { CONTACTS_PREFIX, probeRedis, type JsonStore } from './json-store';
import { redisReason, type RedisReason } from './redis-reason';

const PROBE_EVERY_MS = 250;
const DROP_BATCH = 500;
const MISSED_MAX = 10_000;
const RECONNECT_EVERY_MS = 1_000;

/** The keys that changes made wrong and that are not dropped yet, in pages. */
export type MissedKeys = () => AsyncIterable<readonly string[]> | Iterable<readonly string[]>;

/**
 * Whether Redis may be written to and believed. After any failure it is neither, until it answers again (writable) and
 * has dropped all that it missed (trusted).
 */
export class CacheOutage {
  private state: 'away' | 'writable' | 'trusted' = 'away';
  private askMissed: MissedKeys = () => [];
  private readonly undropped = new Set<string>();
  private hasMissedTooMuch = false;
  private timer: NodeJS.Timeout | undefined;
  /** Counts failures, so that a recovery notices the one that came in its middle. */
  private failures = 0;
  private isStopped = true;
  private reason: RedisReason | undefined;
  private isReplayFailureLogged = false;
  private reconnectedAt = 0;

  constructor(
    private readonly redis: Redis,
    private readonly store: JsonStore,
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
    this.askMissed = missed;
    this.isStopped = false;
    // A probe before the first attempt has ended would only tell that there is no connection yet.
    const attempt = this.redis.connect().catch(() => undefined);
    void attempt.then(() => this.schedule(0));
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** Keys that Redis was to drop while it was away. */
  addMissed(keys: readonly string[]): void {
    for (const key of keys) this.undropped.add(key);
    if (this.undropped.size > MISSED_MAX) {
      this.undropped.clear();
      this.hasMissedTooMuch = true;
    }
  }

  markAway(error: unknown): void {
    this.state = 'away';
    this.failures++;
    if (this.isStopped) return;
    this.note(error);
    this.schedule(PROBE_EVERY_MS);
  }

  /** An attempt to connect has failed; why no command works is known from then on. */
  noteConnectFailure(error: unknown): void {
    if (!this.isTrusted && !this.isStopped) this.note(error);
  }

  /** Why Redis is not used. Asks Redis itself: what another dependency keeps from being trusted is no fault of Redis. */
  async trouble(): Promise<RedisReason | undefined> {
    if (this.isTrusted) return undefined;
    return probeRedis(this.redis, this.store).then(
      () => undefined,
      (error: unknown) => this.reason ?? redisReason(error),
    );
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
      this.isReplayFailureLogged = false;
      this.log.info('The cache is trusted');
    } catch (error) {
      this.state = 'away';
      if (!this.isReplayFailureLogged)
        this.log.warning('The cache is not used: what it must forget first is not known', { error });
      this.isReplayFailureLogged = true;
      this.schedule(PROBE_EVERY_MS);
    }
  }

  private async answers(): Promise<boolean> {
    try {
      await probeRedis(this.redis, this.store);
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
    // A known reason says more than that there is no connection.
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
    const undropped = [...this.undropped];
    for await (const keys of this.askMissed()) await this.drop(keys);
    await this.drop(undropped);
    if (this.hasMissedTooMuch) await this.dropAllContacts();
    this.hasMissedTooMuch = false;
    for (const key of undropped) this.undropped.delete(key);
  }

  private async drop(keys: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += DROP_BATCH) {
      await this.store.mdel(...keys.slice(from, from + DROP_BATCH));
    }
  }

  private async dropAllContacts(): Promise<void> {
    for await (const keys of this.redis.scanStream({ match: `${CONTACTS_PREFIX}*`, count: 1_000 })) {
      const found = keys as string[];
      if (found.length > 0) await this.redis.unlink(...found);
    }
  }
}

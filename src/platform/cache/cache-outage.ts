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

/** Pages of keys whose cached value is out of date and not dropped yet. */
export type MissedKeys = () => AsyncIterable<readonly string[]> | Iterable<readonly string[]>;

/**
 * Decides whether Redis may be written and read. After a failure the cache does neither. It writes once Redis answers
 * again (`writable`), and reads once Redis has dropped every key that it missed (`trusted`).
 */
export class CacheOutage {
  private state: 'away' | 'writable' | 'trusted' = 'away';
  private askMissed: MissedKeys = () => [];
  private readonly undropped = new Set<string>();
  private hasMissedTooMuch = false;
  private timer: NodeJS.Timeout | undefined;
  /** Counts failures, so that a recovery notices one that happened during it. */
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
    // Before the first attempt ends, a probe would only find that there is no connection yet.
    const attempt = this.redis.connect().catch(() => undefined);
    void attempt.then(() => this.schedule(0));
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** Remembers keys that Redis could not drop. */
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

  /** Notes a failed attempt to connect: it gives the reason why no command works. */
  noteConnectFailure(error: unknown): void {
    if (!this.isTrusted && !this.isStopped) this.note(error);
  }

  /**
   * Why Redis is not used. Probes Redis itself: when only the database keeps the cache untrusted, Redis has no trouble.
   */
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
      // Writing starts before the replay: later commits write through, and earlier ones are among the missed keys.
      this.state = 'writable';
      await this.replay();
      // Keys missed during the replay were not dropped; the failure has scheduled the next recovery.
      if (this.failures !== failuresBefore) return;
      this.state = 'trusted';
      this.isReplayFailureLogged = false;
      this.log.info('The cache is trusted');
    } catch (error) {
      this.state = 'away';
      if (!this.isReplayFailureLogged)
        this.log.warning('The cache is not used: the keys to drop first could not be read or dropped', { error });
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

  /**
   * Logs each change of the reason, and reconnects where only a new connection helps: after a fail-over, or when the
   * connection went silent.
   */
  private note(error: unknown): void {
    const reason = redisReason(error);
    this.metrics.redisUp(false);
    // A known reason says more than CLOSED.
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

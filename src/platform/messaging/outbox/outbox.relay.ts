import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Cache } from '../../cache/cache';
import { Milestones } from '../../milestones/milestones';
import { Log } from '../../observability/log/logger';
import { runDetached } from '../../observability/request-context';
import { EventPublisher } from './event-publisher';
import { OutboxBacklog } from './outbox.backlog';
import { OutboxRepository, type OutboxRow } from './outbox.repository';
import { withBudget } from './statement-budget';

const TICK_MS = 500;
const BATCH = 100;
const RELAY_LEASE_SECONDS = 30;

/** Sends the events of any replica that the fast path could not: after a crash, a broker outage, a cache outage. */
@Injectable()
export class OutboxRelay implements BeforeApplicationShutdown {
  private readonly owner = randomUUID();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isStopped = true;

  constructor(
    private readonly rows: OutboxRepository,
    private readonly publisher: EventPublisher,
    private readonly backlog: OutboxBacklog,
    private readonly cache: Cache,
    private readonly milestones: Milestones,
    private readonly log: Log,
  ) {}

  start(): void {
    this.isStopped = false;
    this.schedule(0);
  }

  /** Starts a run at once instead of at the next tick. */
  wake(): void {
    if (!this.isStopped && !this.running) this.schedule(0);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(delayMs: number): void {
    clearTimeout(this.timer);
    this.timer = runDetached(() => setTimeout(() => this.run(), delayMs));
  }

  private run(): void {
    this.running = this.tick().finally(() => {
      this.running = undefined;
      if (!this.isStopped) this.schedule(TICK_MS);
    });
  }

  private async tick(): Promise<void> {
    try {
      await this.sendAll();
      await this.backlog.measureAndExpire();
    } catch (error) {
      this.log.warning('The outbox waits', { error });
    }
  }

  private async sendAll(): Promise<void> {
    while (!this.isStopped && this.publisher.isReady) {
      const rows = await withBudget(() => this.rows.claim(this.owner, BATCH, RELAY_LEASE_SECONDS, this.cache.isUp));
      if (rows.length === 0) return;
      await this.milestones.reached('outbox.relay:claimed');
      if (!(await this.deliverAll(rows))) return;
    }
  }

  /**
   * A row may be removed when the broker has its event and the cache has dropped its keys. False when the broker did
   * not take an event.
   */
  private async deliverAll(rows: readonly OutboxRow[]): Promise<boolean> {
    const left = await this.publishAll(rows.filter(({ isPublished }) => !isPublished));
    const out = rows.filter((row) => !left.includes(row));
    await this.milestones.reached('outbox.relay:published');
    if (left.length > 0) await this.rows.release(idsOf(left));
    const isDropped = await this.cache.drop(out.flatMap(({ cacheKeys }) => cacheKeys));
    await this.milestones.reached('outbox.relay:delivered');
    if (out.length > 0) await (isDropped ? this.rows.remove(idsOf(out)) : this.rows.markPublished(idsOf(out)));
    return left.length === 0;
  }

  /**
   * Returns the events that are not out. The first goes alone: a broker that takes nothing then has one event, and not
   * all of them, to deliver twice. The others go together, since each is the oldest of its resource.
   */
  private async publishAll(rows: readonly OutboxRow[]): Promise<readonly OutboxRow[]> {
    const refused: OutboxRow[] = [];
    let failure: unknown;
    const publish = (row: OutboxRow): Promise<void> =>
      this.publisher.publish(row).catch((error: unknown) => {
        refused.push(row);
        failure ??= error;
      });
    const [first, ...others] = rows;
    if (first !== undefined) await publish(first);
    const isTaking = refused.length === 0;
    if (isTaking) await Promise.all(others.map(publish));
    const left = isTaking ? refused : rows;
    if (left.length > 0)
      this.log.warning('Events could not be sent and will be tried again', { count: left.length, error: failure });
    return left;
  }
}

function idsOf(rows: readonly OutboxRow[]): string[] {
  return rows.map(({ id }) => id);
}

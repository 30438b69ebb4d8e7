import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Cache } from '../../cache/cache';
import { Config } from '../../config/config';
import { Milestones } from '../../milestones/milestones';
import { Log } from '../../observability/log/logger';
import { Metrics } from '../../observability/metrics/metrics';
import { RequestContext, runDetached, runInContext } from '../../observability/request-context';
import { Broker } from '../broker';
import { EventPublisher } from './event-publisher';
import { OutboxRepository, type OutboxRow } from './outbox.repository';

const TICK_MS = 500;
const BATCH = 100;
const LEASE_SECONDS = 30;
const MEASURE_EVERY_MS = 5_000;
const EXPIRE_EVERY_MS = 60_000;
/** A statement on the outbox takes milliseconds; on a connection that went silent it must not hold up the events. */
const STATEMENT_BUDGET_MS = 5_000;

type Delivery = 'done' | 'published' | 'failed';

/** Sends what the fast path could not: after a crash, a broker outage, a cache outage. Any replica's rows. */
@Injectable()
export class OutboxRelay implements BeforeApplicationShutdown {
  private readonly owner = randomUUID();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isStopped = true;
  private measuredAt = 0;
  private expiredAt = 0;

  constructor(
    private readonly rows: OutboxRepository,
    private readonly publisher: EventPublisher,
    private readonly broker: Broker,
    private readonly cache: Cache,
    private readonly config: Config,
    private readonly milestones: Milestones,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  start(): void {
    this.isStopped = false;
    this.schedule(0);
  }

  /** Work is waiting: do not let it wait for the next tick. */
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
      await this.measure();
      await this.expire();
    } catch (error) {
      this.log.warning('The outbox waits', { error });
    }
  }

  private async sendAll(): Promise<void> {
    while (!this.isStopped && this.broker.takesMessages) {
      const rows = await inTime(() => this.rows.claim(this.owner, BATCH, LEASE_SECONDS, this.cache.isUp));
      if (rows.length === 0) return;
      await this.milestones.reached('outbox.relay:claimed');
      if (!(await this.deliverAll(rows))) return;
    }
  }

  /** False when the broker did not take one: then the rest waits as well, or their leases would run out in time-outs. */
  private async deliverAll(rows: readonly OutboxRow[]): Promise<boolean> {
    const done: string[] = [];
    const left: string[] = [];
    let isBrokerWell = true;
    for (const row of rows) {
      const delivery: Delivery = isBrokerWell ? await this.deliver(row) : 'failed';
      isBrokerWell = delivery !== 'failed';
      (delivery === 'done' ? done : left).push(row.id);
    }
    await this.milestones.reached('outbox.relay:delivered');
    if (done.length > 0) await inTime(() => this.rows.remove(done));
    if (left.length > 0) await inTime(() => this.rows.release(left));
    return isBrokerWell;
  }

  /** The row may go when both the broker and the cache know. */
  private async deliver(row: OutboxRow): Promise<Delivery> {
    try {
      if (!row.isPublished) await this.publisher.publish(row.type, row.publisher, row.payload);
    } catch (error) {
      this.log.warning('An event could not be sent and will be tried again', { event_type: row.type, error });
      return 'failed';
    }
    await this.milestones.reached('outbox.relay:published');
    if (await this.cache.drop(row.cacheKeys)) return 'done';
    if (!row.isPublished) await inTime(() => this.rows.markPublished(row.id));
    return 'published';
  }

  private async measure(): Promise<void> {
    if (Date.now() - this.measuredAt < MEASURE_EVERY_MS) return;
    this.measuredAt = Date.now();
    const { depth, oldestAgeSeconds } = await inTime(() => this.rows.backlog());
    this.metrics.outboxBacklog(depth, oldestAgeSeconds);
  }

  private async expire(): Promise<void> {
    if (Date.now() - this.expiredAt < EXPIRE_EVERY_MS) return;
    this.expiredAt = Date.now();
    const lost = await this.rows.expire(this.config.outboxRetentionHours);
    if (lost > 0) this.log.error('Events were dropped: nobody could send them in time', { count: lost });
  }
}

function inTime<T>(work: () => Promise<T>): Promise<T> {
  return runInContext(new RequestContext(randomUUID(), STATEMENT_BUDGET_MS), work);
}

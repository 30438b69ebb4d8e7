import { Injectable } from '@nestjs/common';
import { Metrics } from '../../observability/metrics/metrics';
import { Broker } from '../broker';
import { RETRY_DELAYS_MS, SUBSCRIBE_QUEUE, waitQueue } from '../topology';

/** What an attempt may take on top of the wait before it is told of again. */
const ATTEMPT_MS = 30_000;

/** Events that are set aside and come back: how many, and for how long a dependency has kept the oldest waiting. */
@Injectable()
export class WaitingEvents {
  private oldest = { since: Infinity, until: 0 };

  constructor(
    private readonly broker: Broker,
    private readonly metrics: Metrics,
  ) {}

  /** Measures whenever somebody looks. */
  watch(): void {
    this.metrics.onScrape('waiting events', async () => {
      this.metrics.eventsWaitingAge(this.oldestAgeSeconds());
      this.metrics.eventsWaiting(await this.count());
    });
  }

  /** One was put aside for an outage, for this long; if it lasts, some replica notes it again after that. */
  note(since: number, delayMs: number, now = Date.now()): void {
    this.metrics.eventDeferred(SUBSCRIBE_QUEUE);
    if (now <= this.oldest.until && since > this.oldest.since) return;
    this.oldest = { since, until: now + delayMs + ATTEMPT_MS };
  }

  oldestAgeSeconds(now = Date.now()): number {
    return now > this.oldest.until ? 0 : Math.max(0, (now - this.oldest.since) / 1000);
  }

  private count(): Promise<number> {
    return this.broker.withChannel(async (channel) => {
      let waiting = 0;
      for (const delayMs of RETRY_DELAYS_MS) waiting += (await channel.checkQueue(waitQueue(delayMs))).messageCount;
      return waiting;
    });
  }
}

import { Injectable } from '@nestjs/common';
import type { ConsumeMessage } from 'amqplib';
import { Milestones } from '../../milestones/milestones';
import { Log } from '../../observability/log/logger';
import { Metrics } from '../../observability/metrics/metrics';
import { Broker } from '../broker';
import {
  type Counts,
  countOf,
  headersOf,
  RETRY_COUNT_HEADER,
  WAIT_COUNT_HEADER,
  WAITING_SINCE_HEADER,
} from './event-headers';
import { ASIDE_QUEUES, PARKED_QUEUE, RETRY_DELAYS_MS, SUBSCRIBE_QUEUE, waitQueue } from '../topology';

/** Time for an attempt after the wait, until the event is noted again. */
const ATTEMPT_MS = 30_000;
const LONGEST_DELAY_MS = RETRY_DELAYS_MS[RETRY_DELAYS_MS.length - 1] ?? 0;

/**
 * Sets a failed event aside in a wait queue whose TTL brings it back. It comes back after 5, 30 and 120 s, and the
 * fourth failure parks it; the count is in the header of the platform, so a Go replica reads it too. During an outage
 * of a dependency it comes back for as long as the outage lasts, without using up a try.
 */
@Injectable()
export class EventRetry {
  /** The event that has waited longest for a dependency; while it waits, some replica notes it again before `until`. */
  private oldest = { since: Infinity, until: 0 };

  constructor(
    private readonly broker: Broker,
    private readonly milestones: Milestones,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** Throws when the broker does not confirm the copy; the delivery must not be acknowledged then. */
  async retryLater(message: ConsumeMessage): Promise<void> {
    const count = countOf(message, RETRY_COUNT_HEADER);
    const delayMs = RETRY_DELAYS_MS[count];
    if (delayMs === undefined) {
      this.log.error('Parked an event that failed four times', { retry_count: count });
      await this.park(message);
      return;
    }
    await this.setAside(waitQueue(delayMs), message, { retries: count + 1 });
    await this.milestones.reached('event-retry:set-aside');
    this.metrics.eventRetried(SUBSCRIBE_QUEUE, count + 1);
  }

  /** Sets the event aside for 5 s, 30 s, and then 120 s each time, without a limit. Throws like {@link retryLater}. */
  async waitForDependency(message: ConsumeMessage, now = Date.now()): Promise<void> {
    const waits = countOf(message, WAIT_COUNT_HEADER);
    const waitingSince = Math.min(countOf(message, WAITING_SINCE_HEADER) || now, now);
    const delayMs = RETRY_DELAYS_MS[waits] ?? LONGEST_DELAY_MS;
    const counts = { retries: countOf(message, RETRY_COUNT_HEADER), waits: waits + 1, waitingSince };
    await this.setAside(waitQueue(delayMs), message, counts);
    await this.milestones.reached('event-retry:set-aside');
    this.metrics.eventDeferred(SUBSCRIBE_QUEUE);
    this.note(waitingSince, delayMs, now);
  }

  async park(message: ConsumeMessage): Promise<void> {
    await this.setAside(PARKED_QUEUE, message, { retries: countOf(message, RETRY_COUNT_HEADER) });
    this.metrics.eventParked(SUBSCRIBE_QUEUE);
  }

  /** Counts the waiting events, and measures the longest wait, at every scrape of the metrics. */
  watch(): void {
    this.metrics.onScrape('waiting events', async () => {
      this.metrics.eventsWaitingAge(this.oldestAgeSeconds());
      this.metrics.eventsWaiting(await this.countWaiting());
    });
  }

  oldestAgeSeconds(now = Date.now()): number {
    return now > this.oldest.until ? 0 : Math.max(0, (now - this.oldest.since) / 1000);
  }

  private note(since: number, delayMs: number, now: number): void {
    if (now <= this.oldest.until && since > this.oldest.since) return;
    this.oldest = { since, until: now + delayMs + ATTEMPT_MS };
  }

  private countWaiting(): Promise<number> {
    return this.broker.withChannel(async (channel) => {
      let waiting = 0;
      for (const delayMs of RETRY_DELAYS_MS) waiting += (await channel.checkQueue(waitQueue(delayMs))).messageCount;
      return waiting;
    });
  }

  /** Declares the queue first, in case it was deleted: the broker also confirms a message that it cannot route. */
  private async setAside(queue: string, message: ConsumeMessage, counts: Counts): Promise<void> {
    await this.broker.declare(queue, ASIDE_QUEUES.find(({ name }) => name === queue)?.options);
    await this.broker.publish('', queue, message.content, headersOf(message, counts));
  }
}

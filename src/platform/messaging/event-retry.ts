import { Injectable } from '@nestjs/common';
import type { ConsumeMessage } from 'amqplib';
import { Milestones } from '../milestones/milestones';
import { Log } from '../observability/logger';
import { Metrics } from '../observability/metrics';
import { Broker } from './broker';
import { ASIDE_QUEUES, PARKED_QUEUE, RETRY_DELAYS_MS, SUBSCRIBE_QUEUE, waitQueue } from './topology';

export const RETRY_COUNT_HEADER = 'x-retry-count';

/** What the broker adds when a wait queue lets a message go; its counts do not add up on RabbitMQ 4. */
const DEATH_HEADERS = /^x-(first-|last-)?death/;

/**
 * Puts a failed event aside: in a wait queue of ours whose TTL brings it back after 5, 30 and 120 s, and after the fourth
 * failure in the parked queue. The count is the platform's header, a signed 32-bit integer, so a Go replica reads it too.
 */
@Injectable()
export class EventRetry {
  constructor(
    private readonly broker: Broker,
    private readonly milestones: Milestones,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** Throws when the broker does not confirm the copy; the original must not be acknowledged then. */
  async retryLater(message: ConsumeMessage): Promise<void> {
    const count = retryCountOf(message);
    const delayMs = RETRY_DELAYS_MS[count];
    if (delayMs === undefined) {
      this.log.error('Parked an event that failed four times', { retry_count: count });
      await this.park(message);
      return;
    }
    await this.setAside(waitQueue(delayMs), message, count + 1);
    await this.milestones.reached('event-retry:set-aside');
    this.metrics.eventRetried(SUBSCRIBE_QUEUE, count + 1);
  }

  async park(message: ConsumeMessage): Promise<void> {
    await this.setAside(PARKED_QUEUE, message, retryCountOf(message));
    this.metrics.eventParked(SUBSCRIBE_QUEUE);
  }

  /** The broker confirms what it cannot route, too: a queue that somebody deleted is made again first. */
  private async setAside(queue: string, message: ConsumeMessage, count: number): Promise<void> {
    await this.broker.declare(queue, ASIDE_QUEUES.find(({ name }) => name === queue)?.options);
    await this.broker.publish('', queue, message.content, headersOf(message, count));
  }
}

function retryCountOf(message: ConsumeMessage): number {
  const count: unknown = message.properties.headers?.[RETRY_COUNT_HEADER];
  return typeof count === 'number' && Number.isInteger(count) && count > 0 ? count : 0;
}

function headersOf(message: ConsumeMessage, count: number): Record<string, unknown> {
  const kept = Object.entries(message.properties.headers ?? {}).filter(([name]) => !DEATH_HEADERS.test(name));
  // Plain numbers would be encoded by their size; the platform reads an int32.
  return { ...Object.fromEntries(kept), [RETRY_COUNT_HEADER]: { '!': 'int32', value: count } };
}

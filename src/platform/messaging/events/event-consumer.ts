import { Injectable } from '@nestjs/common';
import { AmqpConnection, Nack, type MessageHandlerOptions } from '@golevelup/nestjs-rabbitmq';
import type { ConsumeMessage } from 'amqplib';
import { setTimeout as pause } from 'node:timers/promises';
import { isOutage } from '../../errors/outage';
import { Log } from '../../observability/log/logger';
import { Metrics } from '../../observability/metrics/metrics';
import { RequestContext, runInContext } from '../../observability/request-context';
import { MalformedEnvelope, decodeEvent, type EventEnvelope } from '../requests/envelope';
import { EventRetry } from './event-retry';
import { acknowledge } from '../rabbitmq.options';
import { CHANNELS, CONSUMER_TAG, SUBSCRIBE_QUEUE } from '../topology';
import { WorkInProgress } from '../work-in-progress';

const REQUEUE = new Nack(true);
/** Pause before a delivery that could not be set aside goes back to its queue, to avoid a hot loop. */
const PAUSE_MS = 1_000;

const CONSUMER: MessageHandlerOptions = {
  routingKey: '',
  queue: SUBSCRIBE_QUEUE,
  // The library's own policy acknowledges on a channel that may be closed by now, and that would end the process.
  errorHandler: acknowledge,
  queueOptions: { durable: true, channel: CHANNELS.events, consumerOptions: { consumerTag: CONSUMER_TAG } },
};

/** True when the event was acted on, false when it was ignored. */
type EventHandler = (event: EventEnvelope) => Promise<boolean>;

/** Consumes events. An event is acknowledged when it is done, set aside for a retry, or parked (contract §1.6). */
@Injectable()
export class EventConsumer {
  constructor(
    private readonly amqp: AmqpConnection,
    private readonly retry: EventRetry,
    private readonly work: WorkInProgress,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** Consumes the events of the exchange from the queue of the service, now or as soon as there is a broker. */
  subscribe(exchange: string, handle: EventHandler): void {
    const consume = (_: unknown, message?: ConsumeMessage): Promise<Nack | undefined> =>
      this.consume(message as ConsumeMessage, handle);
    void this.amqp.createSubscriber(consume, { ...CONSUMER, exchange }, 'consume');
  }

  private consume(message: ConsumeMessage, handle: EventHandler): Promise<Nack | undefined> {
    if (this.work.isDraining) return Promise.resolve(REQUEUE);
    return this.work.track(() => runInContext(new RequestContext(), () => this.process(message, handle)));
  }

  private async process(message: ConsumeMessage, handle: EventHandler): Promise<Nack | undefined> {
    try {
      await this.handleOrSetAside(message, handle);
      return undefined;
    } catch (error) {
      this.log.error('A failed event could not be set aside and goes back to its queue', { error });
      await pause(PAUSE_MS);
      return REQUEUE;
    }
  }

  private async handleOrSetAside(message: ConsumeMessage, handle: EventHandler): Promise<void> {
    const startedAt = performance.now();
    let event: EventEnvelope;
    try {
      event = decodeEvent(message.content);
    } catch (error) {
      if (!(error instanceof MalformedEnvelope)) throw error;
      // A retry does not help.
      this.log.error('Parked an event that cannot be read', { reason: error.message });
      await this.retry.park(message);
      return;
    }
    try {
      const isOurs = await handle(event);
      if (isOurs) this.metrics.eventHandled(event.publisher, event.type, performance.now() - startedAt);
    } catch (error) {
      await this.setAside(event, message, error);
    }
  }

  /** An event waits as long as an outage of a dependency lasts. After any other failure it has four tries in all. */
  private async setAside({ type }: EventEnvelope, message: ConsumeMessage, error: unknown): Promise<void> {
    if (isOutage(error)) {
      this.log.warning('An event waits for a dependency', { event_type: type, error });
      await this.retry.waitForDependency(message);
    } else {
      this.log.error('An event could not be processed', { event_type: type, error });
      await this.retry.retryLater(message);
    }
  }
}

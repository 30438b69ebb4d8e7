import { Inject, Injectable } from '@nestjs/common';
import { Metrics } from '../../observability/metrics/metrics';
import { Broker } from '../broker';
import { EVENT_EXCHANGE } from '../topology';

/** The publisher of events and of calls to other services: the service or its command line. */
export const PUBLISHER_NAME = Symbol('publisher-name');

/** An event as it is sent; `payload` is the JSON text of its data. */
export interface SignedEvent {
  readonly type: string;
  readonly publisher: string;
  readonly payload: string;
}

/** Publishes an event on the service's exchange (contract §1.7): persistent, and confirmed by the broker. */
@Injectable()
export class EventPublisher {
  constructor(
    private readonly broker: Broker,
    private readonly metrics: Metrics,
    /** The publisher of this process's own events. */
    @Inject(PUBLISHER_NAME) readonly name: string,
  ) {}

  get isReady(): boolean {
    return this.broker.takesMessages;
  }

  /** Throws when the broker does not confirm. */
  async publish({ type, publisher, payload }: SignedEvent): Promise<void> {
    const startedAt = performance.now();
    let isOut = false;
    try {
      const head = JSON.stringify({ type, publisher, data_type: 'application/json' }).slice(0, -1);
      await this.broker.publish(EVENT_EXCHANGE, '', Buffer.from(`${head},"data":${payload}}`));
      isOut = true;
    } finally {
      this.metrics.notified(type, performance.now() - startedAt, isOut);
    }
  }
}

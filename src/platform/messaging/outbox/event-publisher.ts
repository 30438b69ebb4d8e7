import { Injectable } from '@nestjs/common';
import { Metrics } from '../../observability/metrics/metrics';
import { Broker } from '../broker';
import { EVENT_EXCHANGE } from '../topology';

/** Puts an event on our exchange (contract §1.7): persistent, and confirmed by the broker. */
@Injectable()
export class EventPublisher {
  constructor(
    private readonly broker: Broker,
    private readonly metrics: Metrics,
  ) {}

  /** `payload` is the JSON text of the event's data. Throws when the broker does not confirm. */
  async publish(type: string, publisher: string, payload: string): Promise<void> {
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

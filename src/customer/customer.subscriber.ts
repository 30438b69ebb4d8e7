import { Injectable } from '@nestjs/common';
import { type Nack, RabbitPayload, RabbitRequest, RabbitSubscribe } from '@golevelup/nestjs-rabbitmq';
import type { ConsumeMessage } from 'amqplib';
import type { EventEnvelope } from '../platform/messaging/requests/envelope';
import { EventConsumer } from '../platform/messaging/events/event-consumer';
import { acknowledge } from '../platform/messaging/rabbitmq.options';
import { CHANNELS, CONSUMER_TAG, CUSTOMER_EXCHANGE, SUBSCRIBE_QUEUE } from '../platform/messaging/topology';
import { Log } from '../platform/observability/log/logger';
import { ZERO_UUID, parseUuid } from '../platform/wire/go-uuid';
import { CustomerService } from './customer.service';

/** Receives the event that a customer was deleted. */
@Injectable()
export class CustomerSubscriber {
  constructor(
    private readonly events: EventConsumer,
    private readonly customers: CustomerService,
    private readonly log: Log,
  ) {}

  @RabbitSubscribe({
    exchange: CUSTOMER_EXCHANGE,
    routingKey: '',
    queue: SUBSCRIBE_QUEUE,
    // The library's own policy acknowledges on a channel that may be closed by now, and that would end the process.
    errorHandler: acknowledge,
    queueOptions: { durable: true, channel: CHANNELS.events, consumerOptions: { consumerTag: CONSUMER_TAG } },
  })
  onEvent(@RabbitPayload() body: Buffer, @RabbitRequest() message: ConsumeMessage): Promise<Nack | undefined> {
    return this.events.consume(body, message, (event) => this.handle(event));
  }

  private async handle({ publisher, type, data }: EventEnvelope): Promise<boolean> {
    if (publisher !== 'customer-manager' || type !== 'customer_deleted') return false;
    const customerId = customerIdOf(data);
    // The rest of the payload is a customer's private data: it is neither read nor logged.
    if (customerId === undefined) this.log.warning('Ignored a customer_deleted event without a customer id');
    else await this.customers.removeAll(customerId);
    return true;
  }
}

/** Only `id` is read, so that nothing else in the payload can make the event unusable. */
function customerIdOf(data: EventEnvelope['data']): string | undefined {
  if (data?.kind !== 'object') return undefined;
  const ids = data.members.filter(([key]) => key.toLowerCase() === 'id').map(([, node]) => node);
  const last = ids.at(-1);
  const id = last?.kind === 'string' ? parseUuid(last.value) : undefined;
  return id === ZERO_UUID ? undefined : id;
}

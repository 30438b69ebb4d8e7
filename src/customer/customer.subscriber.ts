import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { EventEnvelope } from '../platform/messaging/requests/envelope';
import { EventConsumer } from '../platform/messaging/events/event-consumer';
import { CUSTOMER_EXCHANGE } from '../platform/messaging/topology';
import { Milestones } from '../platform/milestones/milestones';
import { Log } from '../platform/observability/log/logger';
import { ZERO_UUID, parseUuid } from '../platform/wire/go-uuid';
import { CustomerService } from './customer.service';

/** Handles `customer_deleted` events. */
@Injectable()
export class CustomerSubscriber implements OnApplicationBootstrap {
  constructor(
    private readonly events: EventConsumer,
    private readonly customers: CustomerService,
    private readonly milestones: Milestones,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.events.subscribe(CUSTOMER_EXCHANGE, (event) => this.handle(event));
  }

  private async handle({ publisher, type, data }: EventEnvelope): Promise<boolean> {
    if (publisher !== 'customer-manager' || type !== 'customer_deleted') return false;
    const customerId = customerIdOf(data);
    // The rest of the payload is private data of the customer; it is neither read nor logged.
    if (customerId === undefined) {
      this.log.warning('Ignored a customer_deleted event without a customer id');
      return true;
    }
    await this.customers.removeAll(customerId);
    await this.milestones.reached('cascade:before-ack');
    return true;
  }
}

/** Reads `id` only, so that no other field can make the event unusable. */
function customerIdOf(data: EventEnvelope['data']): string | undefined {
  if (data?.kind !== 'object') return undefined;
  const ids = data.members.filter(([key]) => key.toLowerCase() === 'id').map(([, node]) => node);
  const last = ids.at(-1);
  const id = last?.kind === 'string' ? parseUuid(last.value) : undefined;
  return id === ZERO_UUID ? undefined : id;
}

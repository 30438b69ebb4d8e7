import { connect, type ChannelModel, type ConfirmChannel, type MessageProperties } from 'amqplib';
import { eventually, type Patience } from './conditions';

export const EVENT_EXCHANGE = 'bin-manager.registrar-manager.event';
export const CUSTOMER_EXCHANGE = 'bin-manager.customer-manager.event';
export const SUBSCRIBE_QUEUE = 'bin-manager.registrar-manager.subscribe';
export const PARKED_QUEUE = 'bin-manager.registrar-manager.subscribe.parked';

export interface SeenEvent {
  readonly type: string;
  readonly text: string;
  readonly publisher: string;
  readonly dataType: string;
  readonly data: Record<string, unknown>;
  readonly properties: MessageProperties;
  readonly routingKey: string;
}

/** Consumes the events of the service, as timeline-manager does. */
export class EventListener {
  readonly events: SeenEvent[] = [];

  private constructor(private readonly connection: ChannelModel) {}

  static async connect(address: string): Promise<EventListener> {
    const connection = await connect(address, { noDelay: true });
    const channel = await connection.createChannel();
    const listener = new EventListener(connection);
    await channel.assertExchange(EVENT_EXCHANGE, 'fanout', { durable: true });
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, EVENT_EXCHANGE, '');
    await channel.consume(
      queue,
      (message) => {
        if (!message) return;
        const text = message.content.toString();
        const event = JSON.parse(text) as Record<string, unknown>;
        listener.events.push({
          type: event['type'] as string,
          text,
          publisher: event['publisher'] as string,
          dataType: event['data_type'] as string,
          data: event['data'] as Record<string, unknown>,
          properties: message.properties,
          routingKey: message.fields.routingKey,
        });
      },
      { noAck: true },
    );
    return listener;
  }

  of(customerId: string, type?: string): SeenEvent[] {
    return this.events.filter(
      (event) => event.data['customer_id'] === customerId && (type === undefined || event.type === type),
    );
  }

  async untilSeen(customerId: string, type: string, count = 1, patience: Patience = {}): Promise<SeenEvent[]> {
    return eventually(
      `${count} × ${type}`,
      () => {
        const seen = this.of(customerId, type);
        return seen.length >= count && seen;
      },
      patience,
    );
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}

/** Publishes as customer-manager, and takes messages from and puts messages into queues of the service. */
export class CustomerManager {
  private constructor(
    private readonly connection: ChannelModel,
    private readonly channel: ConfirmChannel,
  ) {}

  static async connect(address: string): Promise<CustomerManager> {
    const connection = await connect(address, { noDelay: true });
    const channel = await connection.createConfirmChannel();
    await channel.assertExchange(CUSTOMER_EXCHANGE, 'fanout', { durable: true });
    return new CustomerManager(connection, channel);
  }

  async publishRaw(body: string): Promise<void> {
    this.channel.publish(CUSTOMER_EXCHANGE, '', Buffer.from(body), { contentType: 'text/plain' });
    await this.channel.waitForConfirms();
  }

  async publish(type: string, data: unknown, publisher = 'customer-manager'): Promise<void> {
    await this.publishRaw(JSON.stringify({ type, publisher, data_type: 'application/json', data }));
  }

  async announceDeleted(customerId: string, more: Record<string, unknown> = {}): Promise<void> {
    await this.publish('customer_deleted', {
      id: customerId,
      name: `deleted_user_${customerId.slice(0, 8)}`,
      email: `deleted_${customerId.slice(0, 8)}@removed.example.org`,
      billing_account_id: '00000000-0000-0000-0000-000000000000',
      email_verified: true,
      status: 'deleted',
      metadata: { rtp_debug: false },
      tm_deletion_scheduled: null,
      tm_create: '2026-01-02T03:04:05.1Z',
      tm_update: '2026-08-22T10:00:00Z',
      tm_delete: '2026-08-22T10:00:00Z',
      ...more,
    });
  }

  /** Takes the next message from a queue. */
  async take(queue: string): Promise<{ body: string; headers: Record<string, unknown> } | undefined> {
    const message = await this.channel.get(queue, { noAck: true });
    if (message === false) return undefined;
    return { body: message.content.toString(), headers: message.properties.headers ?? {} };
  }

  async put(queue: string, body: string, headers: Record<string, unknown>): Promise<void> {
    this.channel.sendToQueue(queue, Buffer.from(body), { contentType: 'text/plain', deliveryMode: 2, headers });
    await this.channel.waitForConfirms();
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}

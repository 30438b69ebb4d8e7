import { randomUUID } from 'node:crypto';
import { connect, type Channel, type ChannelModel } from 'amqplib';
import type { ReplyEnvelope } from './envelope';

export interface PeerRequest {
  readonly uri: string;
  readonly method: string;
  readonly publisher: string;
  readonly data_type: string;
  readonly data?: Record<string, unknown>;
}

/** The answer of a peer to a request; undefined means no reply. */
export type Behaviour = (
  request: PeerRequest,
) => ReplyEnvelope | undefined | string | Promise<ReplyEnvelope | undefined | string>;

export const silence: Behaviour = () => undefined;
export const bodyless =
  (statusCode: number): Behaviour =>
  () => ({ status_code: statusCode, data_type: '' });

export const BILLING_QUEUE = 'bin-manager.billing-manager.request';
export const DIRECT_QUEUE = 'bin-manager.direct-manager.request';

/** Another service of the platform, which answers on its queue. Its behaviour can be set for each customer. */
abstract class Peer {
  readonly requests: PeerRequest[] = [];
  /** Go services copy the correlation id into the reply; another service may not. */
  echoesCorrelationId = true;
  private readonly overrides = new Map<string, Behaviour>();
  private general: Behaviour | undefined;

  protected constructor(
    private readonly connection: ChannelModel,
    protected readonly channel: Channel,
  ) {}

  protected static async openChannel(address: string): Promise<{ connection: ChannelModel; channel: Channel }> {
    const connection = await connect(address, { noDelay: true });
    return { connection, channel: await connection.createChannel() };
  }

  protected async serve(queue: string): Promise<void> {
    await this.channel.assertQueue(queue, { durable: true });
    await this.channel.consume(
      queue,
      (message) => {
        if (!message) return;
        const request = JSON.parse(message.content.toString()) as PeerRequest;
        this.requests.push(request);
        void this.answer(request, message.properties.replyTo as string, message.properties.correlationId as unknown);
      },
      { noAck: true },
    );
  }

  private async answer(request: PeerRequest, replyTo: string, correlationId: unknown): Promise<void> {
    const behaviour = this.overrides.get(this.customerOf(request) ?? '') ?? this.general;
    const reply = await (behaviour ?? ((asked) => this.usual(asked)))(request);
    if (reply === undefined) return;
    const body = typeof reply === 'string' ? reply : JSON.stringify(reply);
    this.channel.sendToQueue(replyTo, Buffer.from(body), {
      contentType: 'text/plain',
      ...(this.echoesCorrelationId && typeof correlationId === 'string' ? { correlationId } : {}),
    });
  }

  behaveFor(customerId: string, behaviour: Behaviour): void {
    this.overrides.set(customerId, behaviour);
  }

  behave(behaviour: Behaviour): void {
    this.general = behaviour;
  }

  behaveAsUsual(): void {
    this.general = undefined;
    this.overrides.clear();
  }

  requestsOf(customerId: string): PeerRequest[] {
    return this.requests.filter((request) => this.customerOf(request) === customerId);
  }

  protected abstract usual(request: PeerRequest): ReplyEnvelope;
  protected abstract customerOf(request: PeerRequest): string | undefined;

  async close(): Promise<void> {
    await this.connection.close();
  }
}

export class BillingManager extends Peer {
  static async connect(address: string): Promise<BillingManager> {
    const { connection, channel } = await Peer.openChannel(address);
    const peer = new BillingManager(connection, channel);
    await peer.serve(BILLING_QUEUE);
    return peer;
  }

  static readonly denies: Behaviour = () => BillingManager.verdict(false);

  static verdict(valid: boolean): ReplyEnvelope {
    return { status_code: 200, data_type: 'application/json', data: { valid } };
  }

  protected usual(): ReplyEnvelope {
    return BillingManager.verdict(true);
  }

  protected customerOf(request: PeerRequest): string | undefined {
    return request.data?.['customer_id'] as string | undefined;
  }
}

export interface Direct {
  readonly id: string;
  readonly customer_id: string;
  readonly resource_type: string;
  readonly resource_id: string;
  hash: string;
  readonly tm_create: string;
  readonly tm_update: string | null;
}

/** Keeps directs as direct-manager does; `directs` has those that are not deleted. */
export class DirectManager extends Peer {
  readonly directs = new Map<string, Direct>();
  private readonly customers = new Map<string, string>();

  static async connect(address: string): Promise<DirectManager> {
    const { connection, channel } = await Peer.openChannel(address);
    const peer = new DirectManager(connection, channel);
    await peer.serve(DIRECT_QUEUE);
    return peer;
  }

  directsOf(customerId: string): Direct[] {
    return [...this.directs.values()].filter((direct) => direct.customer_id === customerId);
  }

  protected usual(request: PeerRequest): ReplyEnvelope {
    const [, , , id] = request.uri.split('/');
    if (request.method === 'POST' && id === undefined) return this.created(request.data ?? {});
    const direct = this.directs.get(id ?? '');
    if (request.method === 'DELETE') {
      if (!direct) return { status_code: 400, data_type: '' };
      this.directs.delete(direct.id);
      return { status_code: 200, data_type: 'application/json', data: direct };
    }
    if (!direct) return { status_code: 500, data_type: '' };
    direct.hash = DirectManager.mint();
    return { status_code: 200, data_type: 'application/json', data: direct };
  }

  private created(data: Record<string, unknown>): ReplyEnvelope {
    const direct: Direct = {
      id: randomUUID(),
      customer_id: data['customer_id'] as string,
      resource_type: data['resource_type'] as string,
      resource_id: data['resource_id'] as string,
      hash: DirectManager.mint(),
      tm_create: '2026-08-22T10:11:12.1Z',
      tm_update: null,
    };
    this.directs.set(direct.id, direct);
    this.customers.set(direct.id, direct.customer_id);
    return { status_code: 200, data_type: 'application/json', data: direct };
  }

  private static mint(): string {
    return `direct.${randomUUID().slice(24)}`;
  }

  protected customerOf(request: PeerRequest): string | undefined {
    return (request.data?.['customer_id'] as string | undefined) ?? this.customers.get(request.uri.split('/')[3] ?? '');
  }
}

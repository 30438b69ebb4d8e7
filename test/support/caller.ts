import { connect, type Channel, type ChannelModel, type ConsumeMessage } from 'amqplib';
import { requestText, type Reply, type ReplyEnvelope, type RequestEnvelope } from './envelope';

export const REQUEST_QUEUE = 'bin-manager.registrar-manager.request';
const CALLER_TIMEOUT_MS = 3000;

export class NoReplyError extends Error {}

export interface SendOptions {
  readonly correlationId?: string;
  readonly headers?: Record<string, unknown>;
  readonly timeoutMs?: number;
}

function replyOf(message: ConsumeMessage): Reply {
  const text = message.content.toString();
  return {
    ...(JSON.parse(text) as ReplyEnvelope),
    text,
    correlationId: message.properties.correlationId as string | undefined,
    contentType: message.properties.contentType as string | undefined,
    headers: message.properties.headers ?? {},
  };
}

/** A reply queue of the broker's naming, for one call at a time. */
class ReplyQueue {
  private answered: ((message: ConsumeMessage) => void) | undefined;

  private constructor(
    private readonly channel: Channel,
    private readonly name: string,
  ) {}

  static async open(connection: ChannelModel): Promise<ReplyQueue> {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    const { queue: name } = await channel.assertQueue('', { exclusive: true, autoDelete: true, durable: false });
    const queue = new ReplyQueue(channel, name);
    await channel.consume(name, (message) => message && queue.answered?.(message), { noAck: true });
    return queue;
  }

  ask(body: string | Buffer, { correlationId, headers, timeoutMs = CALLER_TIMEOUT_MS }: SendOptions): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void =>
        reject(new NoReplyError(`no reply within ${timeoutMs} ms to ${body.toString().slice(0, 200)}`));
      this.channel.sendToQueue(REQUEST_QUEUE, Buffer.from(body), {
        contentType: 'text/plain',
        replyTo: this.name,
        ...(correlationId === undefined ? {} : { correlationId }),
        ...(headers === undefined ? {} : { headers }),
      });
      const timer = setTimeout(giveUp, timeoutMs);
      this.answered = (message) => {
        clearTimeout(timer);
        resolve(replyOf(message));
      };
    });
  }

  async close(): Promise<void> {
    await this.channel.close().catch(() => undefined);
  }
}

export interface CallerOptions {
  /**
   * A call takes the reply queue of an earlier one, which costs the broker far less. Only while no service may end
   * between a reply and its ack: the second reply to a redelivered request would answer another call.
   */
  readonly keepsReplyQueues?: boolean;
}

/** Calls as the Go library of the platform does: a new channel and a server-named reply queue for each call. */
export class Caller {
  private readonly kept: ReplyQueue[] = [];

  private constructor(
    private readonly connection: ChannelModel,
    private readonly keepsReplyQueues: boolean,
  ) {}

  static async connect(address: string, { keepsReplyQueues = false }: CallerOptions = {}): Promise<Caller> {
    const connection = await connect(address, { noDelay: true });
    connection.setMaxListeners(0);
    return new Caller(connection, keepsReplyQueues);
  }

  async call(request: RequestEnvelope, options: SendOptions = {}): Promise<Reply> {
    return this.sendRaw(requestText(request), options);
  }

  async get(uri: string, data?: unknown): Promise<Reply> {
    return this.call({ method: 'GET', uri, data });
  }

  async post(uri: string, data?: unknown): Promise<Reply> {
    return this.call({ method: 'POST', uri, data });
  }

  async put(uri: string, data?: unknown): Promise<Reply> {
    return this.call({ method: 'PUT', uri, data });
  }

  async delete(uri: string): Promise<Reply> {
    return this.call({ method: 'DELETE', uri });
  }

  /** Sends any bytes. Throws NoReplyError after the timeout, by default that of a Go caller. */
  async sendRaw(body: string | Buffer, options: SendOptions = {}): Promise<Reply> {
    const queue = this.kept.pop() ?? (await ReplyQueue.open(this.connection));
    let isKept = false;
    try {
      const reply = await queue.ask(body, options);
      isKept = this.keepsReplyQueues;
      return reply;
    } finally {
      if (isKept) this.kept.push(queue);
      else await queue.close(); // after a time-out, too: a late reply must not answer another call
    }
  }

  /** Sends a request without a reply queue, as delayed requests arrive. */
  async sendWithoutReply(body: string | Buffer): Promise<void> {
    const channel = await this.connection.createConfirmChannel();
    channel.sendToQueue(REQUEST_QUEUE, Buffer.from(body), { contentType: 'text/plain' });
    await channel.waitForConfirms();
    await channel.close();
  }

  /** Asks the broker by AMQP: its management API lags seconds behind. */
  async queueState(queue: string): Promise<{ messages: number; consumers: number }> {
    const channel = await this.connection.createChannel();
    channel.on('error', () => undefined);
    const { messageCount, consumerCount } = await channel.checkQueue(queue);
    await channel.close();
    return { messages: messageCount, consumers: consumerCount };
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}

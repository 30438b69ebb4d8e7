import { connect, type ChannelModel, type ConsumeMessage } from 'amqplib';
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

/** Calls as the Go library of the platform does: a new channel and a server-named reply queue for each call. */
export class Caller {
  private constructor(private readonly connection: ChannelModel) {}

  static async connect(address: string): Promise<Caller> {
    const connection = await connect(address, { noDelay: true });
    connection.setMaxListeners(0);
    return new Caller(connection);
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
    const channel = await this.connection.createChannel();
    channel.on('error', () => undefined);
    let timer: NodeJS.Timeout | undefined;
    try {
      const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true, durable: false });
      const answer = new Promise<Reply>((resolve, reject) => {
        const timeoutMs = options.timeoutMs ?? CALLER_TIMEOUT_MS;
        const giveUp = (): void =>
          reject(new NoReplyError(`no reply within ${timeoutMs} ms to ${body.toString().slice(0, 200)}`));
        channel
          .consume(queue, (message) => message && resolve(replyOf(message)), { noAck: true })
          .then(() => {
            channel.sendToQueue(REQUEST_QUEUE, Buffer.from(body), {
              contentType: 'text/plain',
              replyTo: queue,
              ...(options.correlationId === undefined ? {} : { correlationId: options.correlationId }),
              ...(options.headers === undefined ? {} : { headers: options.headers }),
            });
            timer = setTimeout(giveUp, timeoutMs);
          })
          .catch(reject);
      });
      return await answer;
    } finally {
      clearTimeout(timer);
      await channel.close().catch(() => undefined);
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

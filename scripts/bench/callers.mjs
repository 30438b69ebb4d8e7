// How a request gets to a queue and its reply back.
import { connect } from 'amqplib';

export const REQUEST_QUEUE = 'bin-manager.registrar-manager.request';
const PATIENCE_MS = 5_000;
const OWN_QUEUE = { exclusive: true, autoDelete: true, durable: false };
const GOOD = Buffer.from('{"status_code":200,');

const within = (work) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('a request was not answered')), PATIENCE_MS);
    work((reply) => {
      clearTimeout(timer);
      resolve(reply);
    }, reject);
  });

/** Many callers share one reply queue and are distinguished by correlation id, so that callers cost little. */
export class SharedCaller {
  #connection;
  #channel;
  #replyTo;
  #waiting = new Map();
  #serial = 0;

  static async open(address) {
    const self = new SharedCaller();
    self.#connection = await connect(address, { noDelay: true });
    self.#channel = await self.#connection.createChannel();
    const { queue } = await self.#channel.assertQueue('', OWN_QUEUE);
    self.#replyTo = queue;
    await self.#channel.consume(queue, (message) => self.#answered(message), { noAck: true });
    return self;
  }

  send(queue, body) {
    const correlationId = String(++this.#serial);
    const properties = { contentType: 'text/plain', replyTo: this.#replyTo, correlationId };
    const reply = within((resolve) => {
      this.#waiting.set(correlationId, resolve);
      this.#channel.sendToQueue(queue, body, properties);
    });
    return reply.finally(() => this.#waiting.delete(correlationId));
  }

  close() {
    return this.#connection.close();
  }

  #answered(message) {
    this.#waiting.get(message.properties.correlationId)?.(message.content);
  }
}

/** As the Go services call: a new channel and a new reply queue for each request, and no correlation id. */
export class GoCaller {
  #connection;

  static async open(address) {
    const self = new GoCaller();
    self.#connection = await connect(address, { noDelay: true });
    return self;
  }

  async send(queue, body) {
    const channel = await this.#connection.createChannel();
    try {
      const { queue: replyTo } = await channel.assertQueue('', OWN_QUEUE);
      return await within((resolve, reject) => {
        const taken = channel.consume(replyTo, (message) => message && resolve(message.content), { noAck: true });
        taken.catch(reject);
        channel.sendToQueue(queue, body, { contentType: 'text/plain', replyTo });
      });
    } finally {
      await channel.close();
    }
  }

  close() {
    return this.#connection.close();
  }
}

/** Sends a request. Returns the bytes of its reply; throws when its status is not 200 or no reply comes. */
export async function ask(caller, queue, { method, uri, data, answered }) {
  const envelope = { uri, method, publisher: 'bench', data_type: 'application/json', data };
  const reply = await caller.send(queue, Buffer.from(JSON.stringify(envelope)));
  if (!reply.subarray(0, GOOD.length).equals(GOOD)) throw new Error(`${method} ${uri} was answered ${reply}`);
  answered?.(JSON.parse(reply.toString()).data);
  return reply;
}

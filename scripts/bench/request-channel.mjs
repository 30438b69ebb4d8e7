// Many callers share one reply queue and are distinguished by correlation id, so that callers cost little.
import { connect } from 'amqplib';

const REQUEST_QUEUE = 'bin-manager.registrar-manager.request';
const PATIENCE_MS = 5_000;

export class RequestChannel {
  #connection;
  #channel;
  #replyTo;
  #waiting = new Map();
  #serial = 0;

  static async open(address) {
    const self = new RequestChannel();
    self.#connection = await connect(address, { noDelay: true });
    self.#channel = await self.#connection.createChannel();
    const { queue } = await self.#channel.assertQueue('', { exclusive: true, autoDelete: true, durable: false });
    self.#replyTo = queue;
    await self.#channel.consume(queue, (message) => self.#answered(message), { noAck: true });
    return self;
  }

  /** Returns `data` of the reply. Throws when the status is not 200 or no reply comes. */
  call(method, uri, data) {
    const correlationId = String(++this.#serial);
    const body = Buffer.from(JSON.stringify({ uri, method, publisher: 'bench', data_type: 'application/json', data }));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(correlationId);
        reject(new Error(`${method} ${uri} was not answered`));
      }, PATIENCE_MS);
      const settle = (content) => {
        clearTimeout(timer);
        const reply = JSON.parse(content.toString());
        if (reply.status_code === 200) resolve(reply.data);
        else reject(new Error(`${method} ${uri} was answered ${content.toString()}`));
      };
      this.#waiting.set(correlationId, settle);
      const properties = { contentType: 'text/plain', replyTo: this.#replyTo, correlationId };
      this.#channel.sendToQueue(REQUEST_QUEUE, body, properties);
    });
  }

  close() {
    return this.#connection.close();
  }

  #answered(message) {
    const { correlationId } = message.properties;
    const settle = this.#waiting.get(correlationId);
    this.#waiting.delete(correlationId);
    settle?.(message.content);
  }
}

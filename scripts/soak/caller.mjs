// Calls as the Go library of the platform does: a reply queue for each call, and a timeout of three seconds.
import { Link } from './link.mjs';

const REQUEST_QUEUE = 'bin-manager.registrar-manager.request';
const PATIENCE_MS = 3_000;
const RECONNECT_MS = 50;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Caller {
  #link;
  /** Replies by status; 0 means no reply. */
  answers = {};
  slowestMs = 0;

  static async connect(address) {
    const caller = new Caller();
    caller.#link = await new Link(address).open();
    return caller;
  }

  /** The reply; its `status_code` is 0 when none came in time. Without a connection, waits for one before it sends. */
  async call(method, uri, data) {
    while (!this.#link.connection) await pause(RECONNECT_MS);
    const startedAt = performance.now();
    const reply = await this.#exchange(JSON.stringify({ uri, method, publisher: 'api-manager', data_type: '', data }));
    if (reply.status_code !== 0) this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt);
    this.answers[reply.status_code] = (this.answers[reply.status_code] ?? 0) + 1;
    return reply;
  }

  close() {
    return this.#link.close();
  }

  /** Ends after the timeout in any case: on a breaking connection, even opening a channel may never end. */
  async #exchange(text) {
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE_MS, { status_code: 0 })));
    const calling = this.#callOn(this.#link.connection, text).catch(() => ({ status_code: 0 }));
    return Promise.race([calling, late]).finally(() => clearTimeout(timer));
  }

  async #callOn(connection, text) {
    const channel = await connection.createChannel();
    const broken = new Promise((_, reject) => {
      channel.on('error', reject);
      channel.on('close', () => reject(new Error('the channel was lost')));
    });
    broken.catch(() => {});
    const overdue = setTimeout(() => channel.close().catch(() => {}), PATIENCE_MS);
    try {
      return await Promise.race([this.#ask(channel, text), broken]);
    } finally {
      clearTimeout(overdue);
      channel.close().catch(() => {});
    }
  }

  async #ask(channel, text) {
    const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true, durable: false });
    const answer = new Promise((resolve) => {
      void channel
        .consume(queue, (message) => message && resolve(JSON.parse(message.content.toString())), {
          noAck: true,
        })
        .catch(() => {});
    });
    channel.sendToQueue(REQUEST_QUEUE, Buffer.from(text), { contentType: 'text/plain', replyTo: queue });
    return answer;
  }
}

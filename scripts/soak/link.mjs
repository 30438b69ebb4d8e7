// A broker connection that reconnects by itself, as in every service of the platform.
import { connect } from 'amqplib';

const RETRY_MS = 200;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Link {
  #address;
  #setUp;
  #connection = null;
  #isClosed = false;

  /** `setUp` gets each new connection, to declare and consume. */
  constructor(address, setUp = async () => {}) {
    this.#address = address;
    this.#setUp = setUp;
  }

  /** Resolves when connected. */
  async open() {
    while (!this.#isClosed && !(await this.#try())) await pause(RETRY_MS);
    return this;
  }

  /** Null while there is no connection. */
  get connection() {
    return this.#connection;
  }

  async close() {
    this.#isClosed = true;
    await this.#connection?.close().catch(() => {});
  }

  async #try() {
    try {
      const connection = await connect(this.#address, { noDelay: true, timeout: 2_000 });
      connection.setMaxListeners(0);
      connection.on('error', () => {});
      connection.on('close', () => {
        this.#connection = null;
        if (!this.#isClosed) void this.open();
      });
      await this.#setUp(connection);
      this.#connection = connection;
      return true;
    } catch {
      return false;
    }
  }
}

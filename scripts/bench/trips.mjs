// Counts what one request makes the service ask of its servers and peers.
import { Redis } from 'ioredis';

/** The service removes an event after the reply. */
const AFTER_THE_REPLY = /\b(UPDATE|DELETE)\b.*\bregistrar_outbox\b/is;

const least = (counts) =>
  Object.fromEntries(Object.keys(counts[0]).map((key) => [key, Math.min(...counts.map((one) => one[key]))]));

export class Trips {
  #redis;
  #monitor;
  #commands = 0;
  #peerRequests = 0;
  /** Counts of each run of a request; work in the background is only in some of them. */
  #counted = new Map();

  static async watch({ host, port }, database) {
    const self = new Trips();
    self.#redis = new Redis({ host, port, db: database });
    self.#monitor = await self.#redis.monitor();
    self.#monitor.on('monitor', (_time, [command], source, from) => {
      // Commands of a script make no trip of their own.
      if (source !== 'lua' && from === String(database) && command !== 'flushdb') self.#commands++;
    });
    return self;
  }

  peerWasAsked() {
    this.#peerRequests++;
  }

  emptyCache() {
    return this.#redis.flushdb();
  }

  start() {
    this.#commands = 0;
    this.#peerRequests = 0;
  }

  add(name, statements) {
    const waitedFor = statements.filter(({ text }) => !AFTER_THE_REPLY.test(text));
    const packets = (statements) => new Set(statements.map(({ packet }) => packet)).size;
    const on = (database) => packets(waitedFor.filter((statement) => statement.database === database));
    const counts = {
      bin: on('bin_manager'),
      asterisk: on('asterisk'),
      redis: this.#commands,
      peers: this.#peerRequests,
    };
    this.#counted.set(name, [...(this.#counted.get(name) ?? []), counts]);
  }

  get found() {
    return Object.fromEntries([...this.#counted].map(([name, counts]) => [name, least(counts)]));
  }

  async close() {
    this.#monitor.disconnect();
    await this.#redis.quit();
  }
}

// Runs one part of a measurement: one operation, one target, one way of calling.
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMicrosecondsOf } from './builds.mjs';
import { QUEUES } from './floors.mjs';

/** After the reply to a change the service still removes the event; that is a part of its cost. */
const SETTLE_MS = 100;
const CHANGES = ['update', 'create', 'delete', 'mix'];
const LEAST_STOCK = 20;
const SPARE = 1.2;
const LAG = /^nodejs_eventloop_lag_p99_seconds\b.* (\S+)$/m;

export class Measurement {
  #generator;
  #service;
  #floors;
  #pair;
  /** Deletes per second, by target, as far as they are known. */
  #deletes = new Map();

  constructor({ generator, service, floors }) {
    this.#generator = generator;
    this.#service = service;
    this.#floors = floors;
  }

  /** Two replicas on a virtual host of their own; target and caller `pair` from now on. */
  async addPair(pair) {
    this.#pair = pair;
    await this.#generator.ask('open', { name: 'pair', address: pair.address });
  }

  async run(part) {
    const { operation, target, loop = 'closed' } = part;
    const queues = QUEUES[target === 'pair' ? 'service' : target];
    if (operation === 'delete') await this.#stock(part, queues);
    if (target === 'floor' && CHANGES.includes(operation)) await this.#floors.emptyOutbox();
    const before = this.#cpuOf(target);
    const result = await this.#generator.ask('run', { caller: 'shared', ...part, queues });
    if (target === 'service' && loop === 'closed' && CHANGES.includes(operation)) await sleep(SETTLE_MS);
    if (operation === 'delete') this.#deletes.set(target, result.perSecond);
    return { ...result, cpuMicroseconds: (this.#cpuOf(target) - before) / result.requests };
  }

  /** Runs a part of the service. Adds the delay of its event loop during it, and its memory after it. */
  async runObserved(part) {
    await this.#service.metrics(); // each reading starts a new measurement of the delay
    const result = await this.run(part);
    const [, seconds] = LAG.exec(await this.#service.metrics());
    return { ...result, lagMilliseconds: Number(seconds) * 1_000, memoryMegabytes: this.#service.memoryMegabytes };
  }

  #cpuOf(target) {
    if (target === 'service') return this.#service.cpuMicroseconds;
    return target === 'pair' ? this.#pair.cpuMicroseconds : cpuMicrosecondsOf(this.#floors.pid);
  }

  #stock({ target, rate, seconds }, queues) {
    const perSecond = rate ?? this.#deletes.get(target) ?? 0;
    const count = Math.ceil(LEAST_STOCK + perSecond * seconds * SPARE);
    return this.#generator.ask('stock', { target, queues, count });
  }
}

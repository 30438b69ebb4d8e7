// Callers that create, change and delete extensions of their own, each with one request at a time.
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { setTimeout as rest } from 'node:timers/promises';
import { REQUEST_QUEUE, ask } from '../bench/callers.mjs';
import { change, creation, removal } from '../bench/operations.mjs';

const { percentile } = createRequire(import.meta.url)('../bench/statistics.cjs');

export class Callers {
  #caller;
  #count;
  #pauseMs;
  #works = [];
  #isOver = false;
  #times = { create: [], update: [], delete: [] };
  #begun = performance.now();
  failures = 0;

  /** Each caller rests `pauseMs` before a request. */
  constructor(caller, { callers, pause }) {
    this.#caller = caller;
    this.#count = callers;
    this.#pauseMs = pause;
  }

  start() {
    this.#begun = performance.now();
    this.#works = Array.from({ length: this.#count }, () => this.#work());
    return this;
  }

  /** Lets each caller finish, and returns what was measured. */
  async finish() {
    this.#isOver = true;
    await Promise.all(this.#works);
    const seconds = (performance.now() - this.#begun) / 1_000;
    const kinds = Object.entries(this.#times).map(([kind, times]) => ({
      kind,
      requests: times.length,
      p50: percentile(times, 0.5),
      p99: percentile(times, 0.99),
    }));
    return { seconds, kinds, failures: this.failures };
  }

  async #work() {
    const customer = randomUUID();
    for (let n = 0; !this.#isOver; n++) {
      const made = await this.#ask(creation(customer, String(3_000 + n), n));
      if (made === undefined) continue;
      await this.#ask(change(made, n));
      await this.#ask(removal(made));
    }
  }

  /** The data of the reply; undefined when the request failed. */
  async #ask(request) {
    await rest(this.#pauseMs);
    const begun = performance.now();
    try {
      const reply = await ask(this.#caller, REQUEST_QUEUE, request);
      this.#times[request.kind].push(performance.now() - begun);
      return JSON.parse(reply.toString()).data;
    } catch {
      this.failures++;
      return undefined;
    }
  }
}

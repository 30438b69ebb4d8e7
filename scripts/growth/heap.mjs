// Asks the service for its memory after a collection of garbage.
import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const HOOK = fileURLToPath(new URL('heap-hook.cjs', import.meta.url));
const PATIENCE_MS = 10_000;
/** Longer than work goes on after an answer, such as the removal of the row of a sent event. */
const QUIET_MS = 1_000;

export class Heap {
  #file;
  #reports = 0;
  pid;

  constructor(file) {
    this.#file = file;
    rmSync(file, { force: true });
  }

  /** What the service needs in its environment. */
  get environment() {
    return { NODE_OPTIONS: `--require "${HOOK}"`, HEAP_FILE: this.#file };
  }

  /** `bytes` are those in use: objects, and buffers outside the heap. */
  async afterCollection() {
    await pause(QUIET_MS);
    process.kill(this.pid, 'SIGUSR2');
    this.#reports++;
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      const found = this.#read();
      if (found?.report === this.#reports) return { ...found, bytes: found.heapUsed + found.external };
      await pause(20);
    }
    throw new Error('the service did not tell its memory');
  }

  #read() {
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8'));
    } catch {
      return undefined;
    }
  }
}

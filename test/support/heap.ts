import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { eventually } from './conditions';
import type { ServiceProcess } from './service';

const HOOK = resolve(__dirname, '../../scripts/growth/heap-hook.cjs');
/** Longer than work goes on after an answer, such as the removal of the row of a sent event. */
const QUIET_MS = 500;

interface Report {
  readonly report: number;
  readonly heapUsed: number;
  readonly external: number;
}

/** Asks a service for the memory that it still uses after a collection of garbage. */
export class Heap {
  private readonly file = join(tmpdir(), `registrar-heap-${randomUUID()}.json`);
  private reports = 0;

  /** What the service needs in its environment. */
  get environment(): Record<string, string> {
    return { NODE_OPTIONS: `--require "${HOOK}"`, HEAP_FILE: this.file };
  }

  async bytesInUse(service: ServiceProcess): Promise<number> {
    await pause(QUIET_MS);
    this.reports += 1;
    service.signal('SIGUSR2');
    const { heapUsed, external } = await eventually('the report of the memory', async () => {
      const found = JSON.parse(await readFile(this.file, 'utf8')) as Report;
      return found.report === this.reports && found;
    });
    return heapUsed + external;
  }
}

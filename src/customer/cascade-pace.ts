import { bulkhead } from 'cockatiel';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

/** After a deletion, a cascade rests for so many times as long as the deletion took. */
const REST = 2;
/** A process that is busy for less than this share of the time serves nobody. */
const IDLE = 0.1;
const MEASURED_OVER_MS = 10;
const LONGEST_REST_MS = 1_000;

/**
 * Lets cascades use the time that requests leave: after each deletion they rest while the process is busy with
 * requests. A customer's phones stop a little later; callers wait no longer.
 */
export class CascadePace {
  private readonly places;

  /** `atOnce`: deletions at once, of all cascades in this process. */
  constructor(atOnce: number) {
    this.places = bulkhead(atOnce, Infinity);
  }

  run<T>(deletion: () => Promise<T>): Promise<T> {
    return this.places.execute(async () => {
      const startedAt = performance.now();
      try {
        return await deletion();
      } finally {
        await this.rest(Math.min(REST * (performance.now() - startedAt), LONGEST_REST_MS));
      }
    });
  }

  private async rest(forMs: number): Promise<void> {
    const end = performance.now() + forMs;
    do {
      const before = performance.eventLoopUtilization();
      await pause(MEASURED_OVER_MS);
      if (performance.eventLoopUtilization(before).utilization < IDLE) return;
    } while (performance.now() < end);
  }
}

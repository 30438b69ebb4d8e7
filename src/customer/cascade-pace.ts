import { bulkhead } from 'cockatiel';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { WorkInProgress } from '../platform/messaging/work-in-progress';

/** A cascade rests so many times as long as its last deletion took. */
const REST = 3;
/** A busy process or a slow database makes a deletion long, but not dear. */
const LONGEST_REST_MS = 300;

/**
 * Lets cascades use the time that requests leave: after a deletion during which requests came, a cascade rests. A
 * customer's phones stop a little later; callers wait no longer.
 */
export class CascadePace {
  private readonly places;

  constructor(
    /** Deletions at once, of all cascades in this process. */
    atOnce: number,
    private readonly work: Pick<WorkInProgress, 'requests'>,
  ) {
    this.places = bulkhead(atOnce, Infinity);
  }

  run<T>(deletion: () => Promise<T>): Promise<T> {
    return this.places.execute(async () => {
      const [startedAt, requests] = [performance.now(), this.work.requests];
      try {
        return await deletion();
      } finally {
        const restMs = Math.min(REST * (performance.now() - startedAt), LONGEST_REST_MS);
        if (this.work.requests > requests) await pause(restMs);
      }
    });
  }
}

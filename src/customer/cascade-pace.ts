import { bulkhead } from 'cockatiel';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

/** Deletions at once, of all cascades in this process. */
const AT_ONCE = 3;
/** A cascade starts no deletion while the process is busy for more than this share of the time. */
const BUSY = 0.5;
const MEASURED_OVER_MS = 10;
/** A process that is always busy must delete too. */
const LONGEST_REST_MS = 50;

/** Lets cascades use the time that requests leave. A customer's phones stop a little later; callers wait no longer. */
export class CascadePace {
  private readonly places = bulkhead(AT_ONCE, Infinity);
  private since = performance.eventLoopUtilization();
  private measuredAt = performance.now();
  private share = 0;

  run<T>(deletion: () => Promise<T>): Promise<T> {
    return this.places.execute(async () => {
      await this.rest();
      return deletion();
    });
  }

  private async rest(): Promise<void> {
    const end = performance.now() + LONGEST_REST_MS;
    while (this.busyShare() > BUSY && performance.now() < end) await pause(MEASURED_OVER_MS);
  }

  private busyShare(): number {
    const now = performance.now();
    if (now - this.measuredAt < MEASURED_OVER_MS) return this.share;
    this.share = performance.eventLoopUtilization(this.since).utilization;
    this.since = performance.eventLoopUtilization();
    this.measuredAt = now;
    return this.share;
  }
}

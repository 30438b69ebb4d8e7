import { Injectable } from '@nestjs/common';
import { withTimeout } from '../observability/timeout';

/** Counts what was taken and is not finished, so that a shutdown can wait for it. */
@Injectable()
export class WorkInProgress {
  private readonly running = new Set<Promise<unknown>>();
  private readonly endings: (() => Promise<unknown>)[] = [];
  private draining = false;
  private begun = 0;

  /** True from the start of a shutdown: new deliveries are left for another replica. */
  get isDraining(): boolean {
    return this.draining;
  }

  get count(): number {
    return this.running.size;
  }

  /** The number of requests that this process has begun since its start. */
  get requests(): number {
    return this.begun;
  }

  startDraining(): void {
    this.draining = true;
  }

  track<T>(work: () => Promise<T>): Promise<T> {
    const promise = work();
    this.running.add(promise);
    const forget = (): void => void this.running.delete(promise);
    promise.then(forget, forget);
    return promise;
  }

  /** Like {@link track}, for a request of a caller. */
  trackRequest<T>(work: () => Promise<T>): Promise<T> {
    this.begun++;
    return this.track(work);
  }

  /** Registers what follows the work and takes a bounded time. */
  afterwards(ending: () => Promise<unknown>): void {
    this.endings.push(ending);
  }

  /** Waits until all is done, at most `timeoutMs`. True when nothing is left. */
  async settle(timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (this.running.size > 0 && Date.now() < deadline) {
      await withTimeout(() => Promise.allSettled(this.running), deadline - Date.now()).catch(() => undefined);
    }
    await Promise.allSettled(this.endings.map((ending) => ending()));
    return this.running.size === 0;
  }
}

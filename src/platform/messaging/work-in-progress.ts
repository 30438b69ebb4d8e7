import { Injectable } from '@nestjs/common';

/** Counts what was taken and is not finished, so that a shutdown can wait for it. */
@Injectable()
export class WorkInProgress {
  private readonly running = new Set<Promise<unknown>>();
  private draining = false;

  /** True from the first moment of a shutdown: what arrives now is left for another replica. */
  get isDraining(): boolean {
    return this.draining;
  }

  get count(): number {
    return this.running.size;
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

  /** Waits until all is done, at most so long. True when nothing is left. */
  async settle(timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (this.running.size > 0 && Date.now() < deadline) {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise((resolve) => (timer = setTimeout(resolve, deadline - Date.now())));
      await Promise.race([Promise.allSettled(this.running), timeout]);
      clearTimeout(timer);
    }
    return this.running.size === 0;
  }
}

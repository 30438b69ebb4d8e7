import { withTimeout } from '../../observability/timeout';
import type { Broker } from '../broker';
import { WorkInProgress } from '../work-in-progress';

/**
 * Keeps calls to other services off a connection that the service is about to replace: those on the way end first, new
 * ones wait for the next connection. A call whose reply is lost would fail its request.
 */
export class CallGate {
  private readonly calls = new WorkInProgress();
  private closed: { readonly until: Promise<void>; readonly open: () => void } | undefined;

  constructor(broker: Pick<Broker, 'beforeRebuild' | 'onConnect'>) {
    broker.beforeRebuild((timeoutMs) => this.close(timeoutMs));
    broker.onConnect(() => this.open());
  }

  /** Resolves when the gate is open, or after `timeoutMs`. */
  async opened(timeoutMs: number): Promise<void> {
    const { closed } = this;
    if (closed) await withTimeout(() => closed.until, Math.max(0, timeoutMs)).catch(() => undefined);
  }

  track<T>(call: () => Promise<T>): Promise<T> {
    return this.calls.track(call);
  }

  private close(timeoutMs: number): Promise<unknown> {
    if (this.closed === undefined) {
      let open = (): void => undefined;
      const until = new Promise<void>((resolve) => (open = resolve));
      this.closed = { until, open };
    }
    return this.calls.settle(timeoutMs);
  }

  private open(): void {
    this.closed?.open();
    this.closed = undefined;
  }
}

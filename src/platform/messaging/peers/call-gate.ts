import { withTimeout } from '../../observability/timeout';
import type { Broker } from '../broker';

/**
 * Keeps calls to other services off a connection that the service is about to replace: those on the way end first, new
 * ones wait for the next connection. A call whose reply is lost would fail its request.
 */
export class CallGate {
  private readonly underWay = new Set<Promise<unknown>>();
  private closed: { readonly until: Promise<void>; readonly open: () => void } | undefined;

  constructor(broker: Pick<Broker, 'beforeRebuild' | 'onConnect'>) {
    broker.beforeRebuild(() => this.close());
    broker.onConnect(() => this.open());
  }

  /** Resolves when the gate is open, or after `timeoutMs`. */
  async opened(timeoutMs: number): Promise<void> {
    const { closed } = this;
    if (closed) await withTimeout(() => closed.until, Math.max(0, timeoutMs)).catch(() => undefined);
  }

  track<T>(call: Promise<T>): Promise<T> {
    this.underWay.add(call);
    const forget = (): void => void this.underWay.delete(call);
    call.then(forget, forget);
    return call;
  }

  private close(): Promise<unknown> {
    if (this.closed === undefined) {
      let open = (): void => undefined;
      const until = new Promise<void>((resolve) => (open = resolve));
      this.closed = { until, open };
    }
    return Promise.allSettled(this.underWay);
  }

  private open(): void {
    this.closed?.open();
    this.closed = undefined;
  }
}

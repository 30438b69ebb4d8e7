import { AsyncLocalStorage } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';

/** What one request carries through every call made for it: its name in the logs, and how long its caller waits. */
export class RequestContext {
  private readonly deadline: number;

  /** `budgetMs` counts from now, on the monotonic clock: a clock set back must not stretch a deadline. */
  constructor(
    readonly requestId: string,
    budgetMs = Infinity,
    /** The broker has delivered the request before: a first run of it may have got anywhere. */
    readonly isRedelivered = false,
  ) {
    this.deadline = performance.now() + budgetMs;
  }

  remainingMs(): number {
    return Math.max(0, this.deadline - performance.now());
  }
}

const storage = new AsyncLocalStorage<RequestContext>();

export function runInContext<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/**
 * Runs what goes on after the request has been answered. Timers and promises inherit the context they are made in: without
 * this a loop that a request happened to wake would live under that request's deadline for ever.
 */
export function runDetached<T>(work: () => T): T {
  return storage.exit(work);
}

export function currentContext(): RequestContext | undefined {
  return storage.getStore();
}

/** What is left of the current request's time; outside a request there is no hurry. */
export function remainingMs(): number {
  return currentContext()?.remainingMs() ?? Infinity;
}

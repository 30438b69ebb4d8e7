import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';

/** The context of one request in every call made for it: its id in the logs, and its deadline. */
export class RequestContext {
  private readonly deadline: number;
  private id: string | undefined;

  /** `budgetMs` counts from now, on the monotonic clock: a clock set back must not stretch a deadline. */
  constructor(
    /** Without one the context gets its own when it is asked for. */
    requestId?: string,
    budgetMs = Infinity,
    /** The broker has delivered the request before: a first run may have done any part of the work. */
    readonly isRedelivered = false,
    /** Ends the context before its deadline: statements under way are cut off. */
    readonly end?: AbortSignal,
  ) {
    this.id = requestId;
    this.deadline = performance.now() + budgetMs;
  }

  get requestId(): string {
    return (this.id ??= randomUUID());
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
 * Runs work outside the context of the current request. Timers and promises inherit the context they are made in:
 * without this a loop that a request started would keep the deadline of that request.
 */
export function runDetached<T>(work: () => T): T {
  return storage.exit(work);
}

export function currentContext(): RequestContext | undefined {
  return storage.getStore();
}

/** The time left to the current request; infinite outside a request. */
export function remainingMs(): number {
  return currentContext()?.remainingMs() ?? Infinity;
}

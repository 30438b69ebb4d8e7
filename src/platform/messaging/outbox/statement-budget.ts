import { RequestContext, runInContext } from '../../observability/request-context';

/** A statement on the outbox takes milliseconds; on a connection that went silent it must not hold up the events. */
const STATEMENT_BUDGET_MS = 5_000;

/** Runs the statement with a time limit of its own, instead of that of the request. */
export function withBudget<T>(statement: () => Promise<T>): Promise<T> {
  return runInContext(new RequestContext(undefined, STATEMENT_BUDGET_MS), statement);
}

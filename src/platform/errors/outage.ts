import { ServiceError } from './service-error';

const MAX_DEPTH = 4;

/**
 * Whether the outage of a dependency caused the failure: `UNAVAILABLE`, or an AggregateError that holds one. A failure
 * beside it that has another cause shows once the dependency is back.
 */
export function isOutage(error: unknown, depth = 0): boolean {
  if (error instanceof ServiceError) return error.status === 'UNAVAILABLE';
  return error instanceof AggregateError && depth < MAX_DEPTH && error.errors.some((one) => isOutage(one, depth + 1));
}

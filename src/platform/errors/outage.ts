import { ServiceError } from './service-error';

const MAX_DEPTH = 4;

/**
 * Whether a failure is a dependency's and ends with it: `UNAVAILABLE`, or several failures of which one is. What fails for
 * a reason of its own shows only once the dependencies are there.
 */
export function isOutage(error: unknown, depth = 0): boolean {
  if (error instanceof ServiceError) return error.status === 'UNAVAILABLE';
  return error instanceof AggregateError && depth < MAX_DEPTH && error.errors.some((one) => isOutage(one, depth + 1));
}

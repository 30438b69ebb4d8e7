import { currentContext } from '../observability/request-context';

/** A caller waits for 3 s; what is older was made by another request. */
const FRESH_MS = 10_000;

interface Made {
  readonly tmCreate: string | null;
  readonly tmUpdate: string | null;
}

/**
 * Whether the record can be what a first run of this very request made before its process died: the request was delivered
 * before, and the record is new and untouched. Its content is for the caller to compare.
 */
export function mayBeOfFirstRun({ tmCreate, tmUpdate }: Made, nowMs = Date.now()): boolean {
  if (currentContext()?.isRedelivered !== true || tmCreate === null || tmUpdate !== null) return false;
  return Math.abs(nowMs - Date.parse(`${tmCreate.replace(' ', 'T')}Z`)) < FRESH_MS;
}

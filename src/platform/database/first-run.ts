import { currentContext } from '../observability/request-context';

/** A caller waits for 3 s, so an older record is from another request. */
const FRESH_MS = 10_000;

interface Made {
  readonly tmCreate: string | null;
  readonly tmUpdate: string | null;
}

/**
 * Whether a first run of this request may have made the record before its process died: the request is redelivered, and
 * the record is new and was never updated. The caller compares the content.
 */
export function mayBeOfFirstRun({ tmCreate, tmUpdate }: Made, nowMs = Date.now()): boolean {
  if (currentContext()?.isRedelivered !== true || tmCreate === null || tmUpdate !== null) return false;
  return Math.abs(nowMs - Date.parse(`${tmCreate.replace(' ', 'T')}Z`)) < FRESH_MS;
}

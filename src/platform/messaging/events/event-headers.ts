import type { GetMessage } from 'amqplib';

/** The platform's header: how often an event has failed. A signed 32-bit integer; a Go replica accepts 0 to 3. */
export const RETRY_COUNT_HEADER = 'x-retry-count';
/** Our header: how often an event was set aside for an outage of a dependency. A Go replica copies it unread. */
export const WAIT_COUNT_HEADER = 'x-registrar-waits';
/** Our header: when the event was first set aside for an outage, in milliseconds since 1970. */
export const WAITING_SINCE_HEADER = 'x-registrar-waiting-since';

const INT32_MAX = 2_147_483_647;
/** Headers that the broker adds when a message leaves a wait queue; on RabbitMQ 4 their counts do not accumulate. */
const DEATH_HEADERS = /^x-(first-|last-)?death/;
const COUNTS: readonly string[] = [RETRY_COUNT_HEADER, WAIT_COUNT_HEADER, WAITING_SINCE_HEADER];

type Carrier = Pick<GetMessage, 'properties'>;

export interface Counts {
  readonly retries: number;
  readonly waits?: number;
  readonly waitingSince?: number;
}

/** A header as a count; any other value counts as 0. */
export function countOf({ properties }: Carrier, header: string): number {
  const count: unknown = properties.headers?.[header];
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 0 ? count : 0;
}

/** The message's headers for its copy, with the counts replaced by these. */
export function headersOf({ properties }: Carrier, { retries, waits, waitingSince }: Counts): Record<string, unknown> {
  const headers: Record<string, unknown> = properties.headers ?? {};
  const kept = Object.entries(headers).filter(([name]) => !DEATH_HEADERS.test(name) && !COUNTS.includes(name));
  // Plain numbers would be encoded by their size; the platform reads an int32.
  const int32 = (value: number): object => ({ '!': 'int32', value: Math.min(value, INT32_MAX) });
  return {
    ...Object.fromEntries(kept),
    [RETRY_COUNT_HEADER]: int32(retries),
    ...(waits !== undefined && { [WAIT_COUNT_HEADER]: int32(waits) }),
    ...(waitingSince !== undefined && { [WAITING_SINCE_HEADER]: { '!': 'int64', value: waitingSince } }),
  };
}

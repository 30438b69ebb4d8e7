import { databaseTime } from './wire-time';

const MAX_PAGE_SIZE = 1000;
const INTEGER = /^([+-]?)([0-9]+)$/;
const TOKEN = /^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T|( ))([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?(Z?)$/;

/** What Go's strconv.ParseInt makes of it: not a number is 0. Negative is refused, large is capped. */
export function parsePageSize(text: string | undefined): number | 'invalid' {
  const match = INTEGER.exec(text ?? '');
  const digits = match?.[2]?.replace(/^0+/, '') ?? '';
  if (digits === '') return 0;
  if (match?.[1] === '-') return 'invalid';
  return digits.length > 4 ? MAX_PAGE_SIZE : Math.min(Number(digits), MAX_PAGE_SIZE);
}

/** A page token as the `DATETIME(6)` text to bind; undefined means now. */
export function parsePageToken(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const match = TOKEN.exec(text);
  if (match === null) return 'invalid';
  const [, date = '', space, time = '', fraction, zone] = match;
  if (space !== undefined && zone !== '') return 'invalid';
  return databaseTime(`${date} ${time}`, fraction) ?? 'invalid';
}

import { invalidArgument, type FieldViolation } from '../errors/service-error';
import type { JsonNode } from './go-json';
import { parseUuid } from './go-uuid';
import { databaseTime } from './wire-time';

const MAX_PAGE_SIZE = 1000;
const INTEGER = /^([+-]?)([0-9]+)$/;
const TOKEN = /^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T|( ))([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?(Z?)$/;

type FilterKind = 'uuid' | 'text' | 'flag';

/** The filters that a resource knows, by their wire names; others are ignored (contract §3). */
export type FilterSpec = Readonly<Record<string, FilterKind>>;

export interface ListRequest {
  /** The largest number of rows; rows that share the time of the last row are added. */
  readonly limit: number;
  /** Rows older than this, as `YYYY-MM-DD hh:mm:ss.ffffff`; undefined for a list from the newest row. */
  readonly before: string | undefined;
  readonly filters: ReadonlyMap<string, string | boolean>;
}

/** Reads a list's query and body. Throws `INVALID_ARGUMENT` naming what is wrong. */
export function listRequest(
  query: ReadonlyMap<string, string>,
  body: JsonNode | undefined,
  spec: FilterSpec,
): ListRequest {
  const violations: FieldViolation[] = [];
  const limit = parsePageSize(query.get('page_size'));
  if (limit === 'invalid') violations.push({ field: 'page_size', rule: 'must be a number from 0 to 1000' });
  const before = parsePageToken(query.get('page_token'));
  if (before === 'invalid') violations.push({ field: 'page_token', rule: 'must be a time such as a tm_create' });
  const filters = readFilters(body, spec, violations);
  if (violations.length > 0 || limit === 'invalid') throw invalidArgument(violations);
  return { limit, before, filters };
}

/**
 * Reads it as Go's strconv.ParseInt: a text that is no number is 0. A negative number is refused, a large one capped.
 */
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

function readFilters(
  body: JsonNode | undefined,
  spec: FilterSpec,
  violations: FieldViolation[],
): ReadonlyMap<string, string | boolean> {
  const filters = new Map<string, string | boolean>();
  if (body === undefined || body.kind === 'null') return filters;
  if (body.kind !== 'object') {
    violations.push({ field: 'body', rule: 'must be a JSON object' });
    return filters;
  }
  // A repeated key is one key: the last one counts.
  for (const [key, node] of new Map(body.members)) {
    const kind = Object.hasOwn(spec, key) ? spec[key] : undefined;
    if (kind === undefined) continue;
    const value = FILTER_READERS[kind](node);
    if (value === undefined) violations.push({ field: key, rule: FILTER_RULES[kind] });
    else filters.set(key, value);
  }
  return filters;
}

const FILTER_READERS: Record<FilterKind, (node: JsonNode) => string | boolean | undefined> = {
  uuid: (node) => (node.kind === 'string' ? parseUuid(node.value) : undefined),
  text: (node) => (node.kind === 'string' ? node.value : undefined),
  flag: (node) => (node.kind === 'boolean' ? node.value : undefined),
};

const FILTER_RULES: Record<FilterKind, string> = {
  uuid: 'must be a uuid',
  text: 'must be a string',
  flag: 'must be true or false',
};

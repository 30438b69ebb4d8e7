import { invalidArgument, type FieldViolation } from '../errors/service-error';
import type { JsonNode } from './go-json';
import { parseUuid } from './go-uuid';
import { parsePageSize, parsePageToken } from './page';

export type FilterKind = 'uuid' | 'text' | 'flag';

/** The filters that a resource knows, by their wire names; others are ignored (contract §3). */
export type FilterSpec = Readonly<Record<string, FilterKind>>;

export interface ListRequest {
  /** Rows at most; rows that share the last one's time come on top. */
  readonly limit: number;
  /** Rows older than this, as `YYYY-MM-DD hh:mm:ss.ffffff`; undefined: from the newest. */
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

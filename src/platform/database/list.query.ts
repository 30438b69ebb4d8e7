import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { uuidToBytes } from '../wire/go-uuid';
import type { FilterSpec, ListRequest } from '../wire/list-request';
import { ALIVE } from './alive';

const MAX_TIES = 10_000;

interface Listed extends ObjectLiteral {
  readonly id: string;
  readonly tmCreate: string | null;
}

/** Adds a list's conditions to a query whose alias is `r`. Column names come from the spec, never from the caller. */
export function withFilters<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  filters: ListRequest['filters'],
  spec: FilterSpec,
): SelectQueryBuilder<T> {
  for (const [key, value] of filters) {
    if (spec[key] === 'flag') query.andWhere(value === true ? `NOT ${ALIVE}` : ALIVE);
    else query.andWhere(`r.${key} = :${key}`, { [key]: spec[key] === 'uuid' ? uuidToBytes(String(value)) : value });
  }
  return query;
}

/**
 * One page, newest first. The token is only a time, so the page also holds the rows that share the microsecond of its
 * last row: the next page starts before that time and would miss them.
 */
export async function readPage<T extends Listed>(
  makeQuery: () => SelectQueryBuilder<T>,
  { limit, before }: Pick<ListRequest, 'limit' | 'before'>,
): Promise<T[]> {
  if (limit === 0) return [];
  const query = makeQuery().orderBy('r.tm_create', 'DESC').addOrderBy('r.id', 'DESC');
  query.andWhere(before === undefined ? 'r.tm_create IS NOT NULL' : 'r.tm_create < :before', { before });
  const rows = await query.limit(limit + 1).getMany();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  if (last === undefined || rows[limit]?.tmCreate !== last.tmCreate) return page;
  const ties = makeQuery()
    .andWhere('r.tm_create = :time AND r.id < :id', { time: last.tmCreate, id: uuidToBytes(last.id) })
    .orderBy('r.id', 'DESC')
    .limit(MAX_TIES);
  return [...page, ...(await ties.getMany())];
}

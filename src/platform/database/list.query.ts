import type { EntityManager } from 'typeorm';
import { uuidToBytes } from '../wire/go-uuid';
import type { FilterSpec, ListRequest } from '../wire/list-request';
import { ALIVE } from './alive';
import type { Row } from './columns';
import type { RecordTable } from './record-table';

const MAX_TIES = 10_000;

/** The columns that order a list. */
interface Listed {
  id: string;
  tmCreate: string | null;
}

/** Conditions on the alias `r` and their values. */
interface Where {
  readonly conditions: readonly string[];
  readonly values: readonly unknown[];
}

/** The conditions of a list. Column names come from the spec, never from the caller. */
export function whereOf(filters: ListRequest['filters'], spec: FilterSpec): Where {
  const conditions: string[] = [];
  const values: unknown[] = [];
  for (const [key, value] of filters) {
    if (spec[key] === 'flag') conditions.push(value === true ? `NOT ${ALIVE}` : ALIVE);
    else {
      conditions.push(`r.${key} = ?`);
      values.push(spec[key] === 'uuid' ? uuidToBytes(String(value)) : value);
    }
  }
  return { conditions, values };
}

/**
 * One page, newest first. The token is only a time, so the page also holds the rows that share the microsecond of its
 * last row: the next page starts before that time and would miss them.
 */
export async function readPage<T extends Listed>(
  table: RecordTable<T>,
  manager: EntityManager,
  where: Where,
  { limit, before }: Pick<ListRequest, 'limit' | 'before'>,
): Promise<Row<T>[]> {
  if (limit === 0) return [];
  const read = (condition: string, values: readonly unknown[], rest: string): Promise<Row<T>[]> => {
    const conditions = [...where.conditions, condition].join(' AND ');
    return table.find(manager, `WHERE ${conditions} ${rest}`, [...where.values, ...values]);
  };
  const [started, from] = before === undefined ? ['r.tm_create IS NOT NULL', []] : ['r.tm_create < ?', [before]];
  const rows = await read(started, from, `ORDER BY r.tm_create DESC, r.id DESC LIMIT ${limit + 1}`);
  const [next] = rows.splice(limit);
  const last = rows.at(-1);
  if (last === undefined || next?.tmCreate !== last.tmCreate) return rows;
  const after = [last.tmCreate, uuidToBytes(last.id)];
  return rows.concat(await read('r.tm_create = ? AND r.id < ?', after, `ORDER BY r.id DESC LIMIT ${MAX_TIES}`));
}

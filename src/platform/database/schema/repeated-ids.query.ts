import { rowsOf, type SqlRunner } from './schema-catalog';

const SHOWN = 5;
const MENDED = 100;
const PLAIN = /^[\w@.+~!*-]{1,255}$/;

/** Rows of which a unique key would leave one. */
export interface RepeatedIds {
  readonly reason: string;
  /** Leaves one row of each; empty where only a person can say which one. */
  readonly statements: readonly string[];
}

/** Ids that stand more than once in a table that has no unique key on them. */
export async function findRepeatedIds(
  runner: SqlRunner,
  table: string,
  isProjection: boolean,
): Promise<RepeatedIds | undefined> {
  const groups = `select id, count(*) as n from ${table} where id is not null group by id having count(*) > 1`;
  const [all] = await rowsOf(runner, `select count(*) as n from (${groups}) repeated`);
  const count = Number(all?.['n'] ?? 0);
  if (count === 0) return undefined;
  const rows = await rowsOf(runner, `${groups} order by id limit ${MENDED}`);
  const shown = rows.slice(0, SHOWN).map(({ id }) => wordOf(id));
  const more = count > shown.length ? ', …' : '';
  return {
    reason: `${count} id(s) are there more than once: ${shown.join(', ')}${more}`,
    statements: isProjection ? rows.map(({ id, n }) => deleteSql(table, id, Number(n) - 1)) : [],
  };
}

/** A repair writes the row that is left anew, so it does not matter which one that is. */
function deleteSql(table: string, id: unknown, surplus: number): string {
  return `DELETE FROM ${table} WHERE id = ${literalOf(id)} LIMIT ${surplus}`;
}

function literalOf(id: unknown): string {
  if (Buffer.isBuffer(id)) return `x'${id.toString('hex')}'`;
  const text = String(id);
  // Introduced bytes mean the same under every sql_mode.
  return PLAIN.test(text) ? `'${text}'` : `_utf8mb4 x'${Buffer.from(text).toString('hex')}'`;
}

function wordOf(id: unknown): string {
  if (!Buffer.isBuffer(id)) return String(id);
  return id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

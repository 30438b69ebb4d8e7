import type { QueryRunner } from 'typeorm';
import { sqlText } from '../sql-text';
import { rowsOf } from './schema-catalog';
import type { DuplicateGroup } from './schema-report';

const MAX_GROUPS = 100;
const MAX_SHOWN = 5;
const NO_CUSTOMER = Buffer.alloc(16);

/** A unique key over the living rows of a table. */
export interface LivingKey {
  readonly table: string;
  readonly column: string;
  readonly key: string;
  /** Equal for two rows that the key refuses; NULL for deleted rows. */
  readonly expression: string;
  /** The column that a person is shown: the number, the user name, the domain. */
  readonly valueColumn: string;
}

/** Rows that a unique key would refuse. */
export interface Obstacle {
  readonly reason: string;
  /** Groups of living records. */
  readonly duplicates?: readonly DuplicateGroup[];
  /** Statements that remove the rows; absent or empty where a person must choose which row stays. */
  readonly statements?: readonly string[];
}

/** The first hundred groups of living rows that the key would refuse; works before its column exists. */
export async function findDuplicates(
  runner: QueryRunner,
  { table, expression, valueColumn, key }: LivingKey,
): Promise<DuplicateGroup[]> {
  const shared = await rowsOf(
    runner,
    `select hex(digest) as digest from (select ${expression} as digest from ${table}) living
     where digest is not null group by digest having count(*) > 1 limit ${MAX_GROUPS}`,
  );
  const groups = new Map<string, DuplicateGroup>();
  for (const { digest } of shared) groups.set(String(digest), { table, key, value: '', rows: [] });
  if (groups.size === 0) return [];
  // Digests come from hex(), so they can stand in the statement as they are.
  const members = await rowsOf(
    runner,
    `select id, customer_id, ${valueColumn} as value, hex(${expression}) as digest
     from ${table} where ${expression} in (${[...groups.keys()].map((digest) => `x'${digest}'`).join(', ')}) order by id`,
  );
  for (const { id, customer_id: customerId, value, digest } of members) {
    const group = groups.get(String(digest));
    if (group === undefined) continue;
    group.value = String(value);
    group.rows.push({ id: readableId(id), customerId: readableId(customerId ?? NO_CUSTOMER) });
  }
  return [...groups.values()];
}

/** Ids that occur more than once in a table without a unique key on the id. */
export async function findRepeatedIds(
  runner: QueryRunner,
  table: string,
  isProjection: boolean,
): Promise<Obstacle | undefined> {
  const groups = `select id, count(*) as n from ${table} where id is not null group by id having count(*) > 1`;
  const [all] = await rowsOf(runner, `select count(*) as n from (${groups}) repeated`);
  const count = Number(all?.['n'] ?? 0);
  if (count === 0) return undefined;
  const rows = await rowsOf(runner, `${groups} order by id limit ${MAX_GROUPS}`);
  const shown = rows.slice(0, MAX_SHOWN).map(({ id }) => readableId(id));
  return {
    reason: `${count} id(s) are there more than once: ${shown.join(', ')}${count > shown.length ? ', …' : ''}`,
    // A repair writes the remaining row again, so any of them may stay.
    statements: isProjection
      ? rows.map(({ id, n }) => `DELETE FROM ${table} WHERE id = ${literalOf(id)} LIMIT ${Number(n) - 1}`)
      : [],
  };
}

function literalOf(id: unknown): string {
  if (Buffer.isBuffer(id)) return `x'${id.toString('hex')}'`;
  return sqlText(String(id));
}

/** Bytes as a uuid, any other value as its text. */
function readableId(id: unknown): string {
  if (!Buffer.isBuffer(id)) return String(id);
  return id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

import { rowsOf, type SqlRunner } from './schema-catalog';
import type { DuplicateGroup } from './schema-report';
import type { LivingRows } from './schema-step';

const MAX_GROUPS = 100;

/** The first hundred groups of living rows that the key would refuse; works before its column exists. */
export async function findDuplicates(runner: SqlRunner, living: LivingRows): Promise<DuplicateGroup[]> {
  const { table, expression, valueColumn, key } = living;
  const shared = await rowsOf(
    runner,
    `select hex(digest) as digest from (select ${expression} as digest from ${table}) living
     where digest is not null group by digest having count(*) > 1 limit ${MAX_GROUPS}`,
  );
  const groups = new Map(shared.map((row) => [String(row['digest']), { table, key, value: '', rows: [] as Row[] }]));
  if (groups.size === 0) return [];
  // Digests come from hex(), so they can stand in the statement as they are.
  const members = await rowsOf(
    runner,
    `select hex(id) as id, hex(customer_id) as customer_id, ${valueColumn} as value, hex(${expression}) as digest
     from ${table} where ${expression} in (${[...groups.keys()].map((digest) => `x'${digest}'`).join(', ')}) order by id`,
  );
  for (const row of members) {
    const group = groups.get(String(row['digest']));
    if (group === undefined) continue;
    group.value = String(row['value']);
    group.rows.push({ id: uuidOf(row['id']), customerId: uuidOf(row['customer_id']) });
  }
  return [...groups.values()];
}

type Row = DuplicateGroup['rows'][number];

function uuidOf(hex: unknown): string {
  return (typeof hex === 'string' ? hex : '0'.repeat(32))
    .toLowerCase()
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

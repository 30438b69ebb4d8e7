import type { QueryRunner } from 'typeorm';

/** A foreign key between tables of one database; names as the server has them. */
export interface ForeignKey {
  readonly dropSql: string;
  readonly addSql: string;
  /** Its columns on both sides as `table.column`, in lower case. */
  readonly columns: readonly string[];
}

interface Part {
  readonly [column: string]: unknown;
}

const PARTS = `select k.constraint_name as name, k.table_name as child, k.column_name as childColumn,
    k.referenced_table_name as parent, k.referenced_column_name as parentColumn,
    r.delete_rule as onDelete, r.update_rule as onUpdate
  from information_schema.key_column_usage k
  join information_schema.referential_constraints r
    on r.constraint_schema = k.constraint_schema and r.constraint_name = k.constraint_name
    and r.table_name = k.table_name
  where k.table_schema = database() and k.referenced_table_schema = database()
  order by k.table_name, k.constraint_name, k.ordinal_position`;

const RULE = /^(?:CASCADE|SET NULL|SET DEFAULT|RESTRICT|NO ACTION)$/;

export async function readForeignKeys(runner: QueryRunner): Promise<ForeignKey[]> {
  const keys = new Map<string, Part[]>();
  for (const part of (await runner.query(PARTS)) as Part[]) {
    const id = `${textOf(part, 'child')} ${textOf(part, 'name')}`;
    keys.set(id, [...(keys.get(id) ?? []), part]);
  }
  return [...keys.values()].flatMap(foreignKeyOf);
}

function foreignKeyOf(parts: readonly Part[]): ForeignKey[] {
  const [first] = parts;
  if (first === undefined) return [];
  const [name, child, parent] = [quoted(first, 'name'), quoted(first, 'child'), quoted(first, 'parent')];
  const list = (column: string): string => parts.map((part) => quoted(part, column)).join(', ');
  const rule = (event: string, column: string): string => {
    const text = textOf(first, column);
    return RULE.test(text) ? ` ON ${event} ${text}` : '';
  };
  return [
    {
      dropSql: `ALTER TABLE ${child} DROP FOREIGN KEY ${name}`,
      addSql:
        `ALTER TABLE ${child} ADD CONSTRAINT ${name} FOREIGN KEY (${list('childColumn')}) ` +
        `REFERENCES ${parent} (${list('parentColumn')})${rule('DELETE', 'onDelete')}${rule('UPDATE', 'onUpdate')}`,
      columns: parts
        .flatMap((part) =>
          [`${textOf(part, 'child')}.${textOf(part, 'childColumn')}`].concat(
            `${textOf(part, 'parent')}.${textOf(part, 'parentColumn')}`,
          ),
        )
        .map((column) => column.toLowerCase()),
    },
  ];
}

function textOf(part: Part, column: string): string {
  const value = part[column];
  return Buffer.isBuffer(value) ? value.toString('utf8') : typeof value === 'string' ? value : '';
}

function quoted(part: Part, column: string): string {
  return `\`${textOf(part, column).replaceAll('`', '``')}\``;
}

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

const KEYS = `select constraint_name as name, table_name as child, delete_rule as onDelete, update_rule as onUpdate
  from information_schema.referential_constraints
  where constraint_schema = database() order by table_name, constraint_name`;
const PARTS = `select constraint_name as name, table_name as child, column_name as childColumn,
    referenced_table_name as parent, referenced_column_name as parentColumn
  from information_schema.key_column_usage
  where table_schema = database() and referenced_table_schema = database()
  order by table_name, constraint_name, ordinal_position`;

const RULE = /^(?:CASCADE|SET NULL|SET DEFAULT|RESTRICT|NO ACTION)$/;

/** Not with a join: for it, MariaDB opens the tables of all databases of the server. */
export async function readForeignKeys(runner: QueryRunner): Promise<ForeignKey[]> {
  const keys = new Map(((await runner.query(KEYS)) as Part[]).map((key) => [idOf(key), { key, parts: [] as Part[] }]));
  if (keys.size === 0) return [];
  for (const part of (await runner.query(PARTS)) as Part[]) {
    const found = keys.get(idOf(part));
    found?.parts.push({ ...found.key, ...part });
  }
  return [...keys.values()].flatMap(({ parts }) => foreignKeyOf(parts));
}

function idOf(part: Part): string {
  return `${textOf(part, 'child')} ${textOf(part, 'name')}`;
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

import type { CatalogColumn } from './schema-catalog';

/** What a column is to become; what is not said stays. */
export interface ColumnTarget {
  readonly type?: string;
  readonly nullable?: boolean;
}

/** One statement for all that is wrong with a column. MODIFY forgets what it is not told, so it is told everything. */
export function modifySql(table: string, name: string, column: CatalogColumn, target: ColumnTarget): string {
  const type = target.type ?? column.columnType;
  const isText = /^(?:var)?char|text|^enum/i.test(type);
  const characters =
    isText && column.charset !== undefined && column.collation !== undefined
      ? ` CHARACTER SET ${column.charset} COLLATE ${column.collation}`
      : '';
  const nullable = target.nullable ?? column.nullable;
  return `ALTER TABLE ${table} MODIFY COLUMN \`${name}\` ${type}${characters} ${nullable ? 'NULL' : 'NOT NULL'}${defaultOf(column)}`;
}

export function addColumnSql(table: string, definition: string): string {
  return `ALTER TABLE ${table} ADD COLUMN ${definition}`;
}

/** MariaDB tells a default as SQL, MySQL as its bare value. */
function defaultOf({ defaultText }: CatalogColumn): string {
  if (defaultText === undefined || defaultText.toUpperCase() === 'NULL') return '';
  const isSql = /^'(?:[^']|'')*'$|^-?\d+(?:\.\d+)?$|^current_timestamp(?:\(\d*\))?$/i.test(defaultText);
  return ` DEFAULT ${isSql ? defaultText : `'${defaultText.replaceAll("'", "''")}'`}`;
}

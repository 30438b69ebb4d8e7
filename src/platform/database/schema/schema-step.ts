import type { SchemaCatalog } from './schema-catalog';
import type { Stops } from './schema-report';

/** Where to look for rows that a unique key for living rows would refuse. */
export interface LivingRows {
  table: string;
  key: string;
  /** Equal for two rows that the key would refuse; NULL for dead ones. */
  expression: string;
  /** What a person reads: the number, the user name, the domain. */
  valueColumn: string;
}

/** One statement of the desired schema, and how to see that it is there already. */
export interface SchemaStep {
  name: string;
  table: string;
  sql: string;
  /** What does not work without it. */
  stops: Stops;
  isApplied(catalog: SchemaCatalog): boolean;
  living?: LivingRows;
  /** A unique key on `id`: rows that share one keep it away. Those of a projection can be written anew. */
  uniqueId?: { isProjection: boolean };
  /** Of a table: its columns, then its keys. */
  definitions?: readonly string[];
}

const ONLINE = 'ALGORITHM=INPLACE, LOCK=NONE';
const TABLE_OPTIONS = 'ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci';

export function createTable(table: string, definitions: string[]): SchemaStep {
  return {
    name: `create table ${table}`,
    table,
    sql: `CREATE TABLE ${table} (\n  ${definitions.join(',\n  ')}\n) ${TABLE_OPTIONS}`,
    stops: 'start',
    isApplied: ({ tables }) => tables.has(table),
    definitions,
  };
}

/** Applied, too, when any other index begins with the same columns. */
export function addIndex(table: string, index: string, columns: string[]): SchemaStep {
  return {
    name: `add index ${index}`,
    table,
    sql: `ALTER TABLE ${table} ADD KEY ${index} (${columns.join(', ')}), ${ONLINE}`,
    stops: 'nothing',
    isApplied: ({ tables }) =>
      tables.get(table)?.isView === true ||
      [...(tables.get(table)?.indexes.values() ?? [])].some(
        (found) => found.usable && columns.every((column, at) => found.columns[at] === column),
      ),
  };
}

/**
 * Two statements, because both servers build them online only apart. Invisible, so that a writer without a column
 * list does not meet the column; each server reads only its own version comment.
 */
export function addLivingKey(living: LivingRows & { column: string }): SchemaStep[] {
  const { table, key, column, expression } = living;
  const invisible = '/*!80023 INVISIBLE */ /*M!100303 INVISIBLE */';
  return [
    {
      name: `add column ${table}.${column}`,
      table,
      sql: `ALTER TABLE ${table} ADD COLUMN ${column} BINARY(32) GENERATED ALWAYS AS (${expression}) VIRTUAL ${invisible}, ${ONLINE}`,
      stops: 'nothing',
      isApplied: ({ tables }) =>
        tables.get(table)?.isView === true || (tables.get(table)?.columns.has(column) ?? false),
    },
    {
      name: uniqueKeyStep(key),
      table,
      sql: `ALTER TABLE ${table} ADD UNIQUE KEY ${key} (${column}), ${ONLINE}`,
      stops: 'nothing',
      isApplied: ({ tables }) =>
        tables.get(table)?.isView === true || (tables.get(table)?.indexes.get(key)?.unique ?? false),
      living,
    },
  ];
}

/**
 * Without it ON DUPLICATE KEY finds nothing, and every save adds one more row. Applied, too, when any unique key is on
 * `id` alone or with one of the columns named; a view or a table without the column is another fault's. Not every server
 * can do it online: a table's first key makes it anew.
 */
export function addUniqueId(
  table: string,
  { stops, isProjection, orWith = [] }: { stops: Stops; isProjection: boolean; orWith?: readonly string[] },
): SchemaStep {
  return {
    name: `add unique key on ${table}.id`,
    table,
    sql: `ALTER TABLE ${table} ADD UNIQUE KEY ${uniqueIdKey(table)} (id)`,
    stops,
    isApplied: ({ tables }) => {
      const found = tables.get(table);
      if (found === undefined || found.isView || !found.columns.has('id')) return true;
      return [...found.indexes.values()].some(({ unique, wholeColumns: [first, ...others] }) => {
        return unique && first === 'id' && others.every((column) => orWith.includes(column));
      });
    },
    uniqueId: { isProjection },
  };
}

export function uniqueIdKey(table: string): string {
  return `uq_${table}_id`;
}

export function uniqueKeyStep(key: string): string {
  return `add unique key ${key}`;
}

/** What the digest of a living row is made of; by bytes, so that no collation has a say in what is equal. */
export function livingDigest(parts: string[]): string {
  const digest = `unhex(sha2(${parts.length > 1 ? `concat(${parts.join(", ':', ")})` : parts.join('')}, 256))`;
  // Rows from before the sentinel was given up are alive as well.
  return `if(tm_delete is null or tm_delete >= '9999-01-01', ${digest}, null)`;
}

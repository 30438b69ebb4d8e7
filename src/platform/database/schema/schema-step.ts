import type { QueryRunner } from 'typeorm';
import { findDuplicates, findRepeatedIds, type LivingKey, type Obstacle } from './rows-in-the-way.query';
import type { CatalogTable, SchemaCatalog } from './schema-catalog';
import type { Stops } from './schema-report';

/** One statement of the desired schema, and the test whether it is applied. */
export interface SchemaStep {
  readonly name: string;
  readonly table: string;
  readonly sql: string;
  readonly stops: Stops;
  isApplied(catalog: SchemaCatalog): boolean;
  /** Finds what would make the statement fail. */
  findObstacle?(runner: QueryRunner, catalog: SchemaCatalog): Promise<Obstacle | undefined>;
  /** For a table: its columns, then its keys. */
  readonly definitions?: readonly string[];
}

const ONLINE = 'ALGORITHM=INPLACE, LOCK=NONE';
export const COLLATION = 'utf8mb4_general_ci';
const TABLE_OPTIONS = `ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=${COLLATION}`;

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

/** Also counts as applied when any other usable index begins with the same columns. */
export function addIndex(table: string, index: string, columns: string[]): SchemaStep {
  return {
    name: `add index ${index}`,
    table,
    sql: `ALTER TABLE ${table} ADD KEY ${index} (${columns.join(', ')}), ${ONLINE}`,
    stops: 'nothing',
    isApplied: inTable(table, ({ indexes }) =>
      [...indexes.values()].some((found) => found.usable && columns.every((name, at) => found.columns[at] === name)),
    ),
  };
}

/**
 * Two statements, because both servers build them online only separately. The column is invisible, so that an INSERT
 * without a column list still works; each server reads only its own version comment.
 */
export function addLivingKey(living: LivingKey): SchemaStep[] {
  const { table, key, column, expression, valueColumn } = living;
  const invisible = '/*!80023 INVISIBLE */ /*M!100303 INVISIBLE */';
  return [
    {
      name: `add column ${table}.${column}`,
      table,
      sql: `ALTER TABLE ${table} ADD COLUMN ${column} BINARY(32) GENERATED ALWAYS AS (${expression}) VIRTUAL ${invisible}, ${ONLINE}`,
      stops: 'nothing',
      isApplied: inTable(table, ({ columns }) => columns.has(column)),
    },
    {
      name: uniqueKeyStep(key),
      table,
      sql: `ALTER TABLE ${table} ADD UNIQUE KEY ${key} (${column}), ${ONLINE}`,
      stops: 'nothing',
      isApplied: inTable(table, ({ indexes }) => indexes.get(key)?.unique ?? false),
      findObstacle: async (runner, { tables }) => {
        const columns = tables.get(table)?.columns;
        if (!['tm_delete', 'customer_id', valueColumn].every((name) => columns?.has(name))) return undefined;
        const duplicates = await findDuplicates(runner, living);
        const reason = `${duplicates.length} duplicate value(s) among living rows`;
        return duplicates.length === 0 ? undefined : { reason, duplicates };
      },
    },
  ];
}

/**
 * Without this key ON DUPLICATE KEY matches nothing, and every save adds a row. Also counts as applied when any unique
 * key is on `id`, alone or with columns of `orWith`; a view, or a table without `id`, is reported elsewhere. Not every
 * server can add the key online: the first key of a table rebuilds the table.
 */
export function addUniqueId(
  table: string,
  { stops, isProjection, orWith = [] }: { stops: Stops; isProjection: boolean; orWith?: readonly string[] },
): SchemaStep {
  const isThere = inTable(
    table,
    ({ columns, indexes }) =>
      !columns.has('id') ||
      [...indexes.values()].some(
        ({ unique, wholeColumns: [first, ...others] }) =>
          unique && first === 'id' && others.every((column) => orWith.includes(column)),
      ),
  );
  return {
    name: `add unique key on ${table}.id`,
    table,
    sql: `ALTER TABLE ${table} ADD UNIQUE KEY uq_${table}_id (id)`,
    stops,
    // A table that does not exist yet is created with the key.
    isApplied: (catalog) => !catalog.tables.has(table) || isThere(catalog),
    findObstacle: (runner) => findRepeatedIds(runner, table, isProjection),
  };
}

export function uniqueKeyStep(key: string): string {
  return `add unique key ${key}`;
}

/** The SQL for the digest of a living row. It compares bytes, so no collation decides which values are equal. */
export function livingDigest(parts: readonly string[]): string {
  // Old rows say "not deleted" with the year 9999.
  return `if(tm_delete is null or tm_delete >= '9999-01-01', ${digestOf(parts)}, null)`;
}

export function digestOf(parts: readonly string[]): string {
  return `unhex(sha2(${parts.length > 1 ? `concat(${parts.join(", ':', ")})` : parts.join('')}, 256))`;
}

/** A view counts as applied: it can get no column or key, and table-check.ts reports it. */
function inTable(name: string, test: (table: CatalogTable) => boolean): (catalog: SchemaCatalog) => boolean {
  return ({ tables }) => {
    const table = tables.get(name);
    return table !== undefined && (table.isView || test(table));
  };
}

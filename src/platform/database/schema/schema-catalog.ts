import type { QueryRunner } from 'typeorm';
import { readForeignKeys, type ForeignKey } from './foreign-keys.query';

export interface CatalogColumn {
  readonly dataType: string;
  readonly columnType: string;
  /** In characters for text, in bytes for binary; undefined where the type has no length. */
  readonly maxLength: number | undefined;
  /** Digits of the fraction of a second. */
  readonly precision: number | undefined;
  readonly nullable: boolean;
  /** The server fills it when an INSERT does not name it: a default, auto_increment, or generated. */
  readonly filledByServer: boolean;
  readonly generated: boolean;
  readonly charset: string | undefined;
  readonly collation: string | undefined;
  readonly defaultText: string | undefined;
}

interface CatalogIndex {
  readonly unique: boolean;
  readonly usable: boolean;
  /** An empty name stands for an expression, a prefix too short to seek by, or a descending part. */
  readonly columns: string[];
  /** An empty name stands for an expression or a prefix: the key compares only a part of the column. */
  readonly wholeColumns: string[];
}

export interface CatalogTable {
  readonly isView: boolean;
  readonly engine: string;
  /** Such as `dynamic`; empty for a view. */
  readonly rowFormat: string;
  readonly columns: Map<string, CatalogColumn>;
  readonly indexes: Map<string, CatalogIndex>;
}

/** The contents of one database as information_schema lists them; every name in lower case. */
export interface SchemaCatalog {
  readonly database: string;
  /** The text of `SELECT VERSION()`. */
  readonly version: string;
  readonly tables: Map<string, CatalogTable>;
  readonly foreignKeys: readonly ForeignKey[];
}

type Row = Record<string, unknown>;

const PREFIX_THAT_SEEKS = 64;

export async function rowsOf(runner: QueryRunner, sql: string): Promise<Row[]> {
  return (await runner.query(sql)) as Row[];
}

export async function readCatalog(runner: QueryRunner): Promise<SchemaCatalog> {
  const tables = new Map<string, CatalogTable>();
  const database = await valueOf(runner, 'select database() as name');
  if (typeof database !== 'string') throw new Error('the DSN names no database');
  const version = await valueOf(runner, 'select version() as version');
  const from = (view: string, order = ''): Promise<Row[]> =>
    rowsOf(runner, `select * from information_schema.${view} where table_schema = database() ${order}`);
  for (const row of await from('tables')) {
    const isView = text(row, 'TABLE_TYPE').toUpperCase().includes('VIEW');
    const ofTable = { isView, engine: text(row, 'ENGINE'), rowFormat: key(row, 'ROW_FORMAT') };
    tables.set(key(row, 'TABLE_NAME'), { ...ofTable, columns: new Map(), indexes: new Map() });
  }
  for (const row of await from('columns')) {
    tables.get(key(row, 'TABLE_NAME'))?.columns.set(key(row, 'COLUMN_NAME'), columnOf(row));
  }
  for (const row of await from('statistics', 'order by table_name, index_name, seq_in_index')) {
    const indexes = tables.get(key(row, 'TABLE_NAME'))?.indexes;
    const name = key(row, 'INDEX_NAME');
    indexes?.set(name, withPart(indexes.get(name), row));
  }
  return {
    database,
    version: typeof version === 'string' ? version : '',
    tables,
    foreignKeys: await readForeignKeys(runner),
  };
}

async function valueOf(runner: QueryRunner, sql: string): Promise<unknown> {
  const [row] = await rowsOf(runner, sql);
  return Object.values(row ?? {})[0];
}

function columnOf(row: Row): CatalogColumn {
  const extra = text(row, 'EXTRA').toLowerCase();
  const generated = /\b(virtual|stored|persistent)\b/.test(extra);
  const hasDefault = row['COLUMN_DEFAULT'] !== null;
  return {
    dataType: text(row, 'DATA_TYPE').toLowerCase(),
    columnType: text(row, 'COLUMN_TYPE'),
    maxLength: count(row, 'CHARACTER_MAXIMUM_LENGTH'),
    precision: count(row, 'DATETIME_PRECISION'),
    nullable: text(row, 'IS_NULLABLE') === 'YES',
    filledByServer: hasDefault || generated || extra.includes('auto_increment'),
    generated,
    charset: text(row, 'CHARACTER_SET_NAME') || undefined,
    collation: text(row, 'COLLATION_NAME') || undefined,
    defaultText: hasDefault && !generated ? text(row, 'COLUMN_DEFAULT') : undefined,
  };
}

/** The index with one more part. */
function withPart(index: CatalogIndex | undefined, row: Row): CatalogIndex {
  const name = key(row, 'COLUMN_NAME');
  const seeks = (count(row, 'SUB_PART') ?? PREFIX_THAT_SEEKS) >= PREFIX_THAT_SEEKS && text(row, 'COLLATION') === 'A';
  return {
    unique: count(row, 'NON_UNIQUE') === 0,
    // MySQL calls it invisible, MariaDB ignored.
    usable: row['IS_VISIBLE'] !== 'NO' && row['IGNORED'] !== 'YES' && text(row, 'INDEX_TYPE') === 'BTREE',
    columns: [...(index?.columns ?? []), seeks ? name : ''],
    wholeColumns: [...(index?.wholeColumns ?? []), row['SUB_PART'] === null ? name : ''],
  };
}

function text(row: Row, name: string): string {
  const value = row[name];
  return Buffer.isBuffer(value) ? value.toString('utf8') : typeof value === 'string' ? value : '';
}

function key(row: Row, name: string): string {
  return text(row, name).toLowerCase();
}

function count(row: Row, name: string): number | undefined {
  const value = row[name];
  return value === null || value === undefined ? undefined : Number(value);
}

/** Anything that runs a statement: a TypeORM QueryRunner, or a DataSource. */
export interface SqlRunner {
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
}

export interface CatalogColumn {
  dataType: string;
  columnType: string;
  /** In characters for text, in bytes for binary; undefined where the type has no length. */
  maxLength: number | undefined;
  /** Digits behind the second. */
  precision: number | undefined;
  nullable: boolean;
  /** The server fills it when an INSERT does not name it: a default, auto_increment, or generated. */
  filledByServer: boolean;
  generated: boolean;
  charset: string | undefined;
  collation: string | undefined;
  defaultText: string | undefined;
}

export interface CatalogIndex {
  unique: boolean;
  usable: boolean;
  /** Empty names stand for expressions, prefixes too short to seek by, and descending parts. */
  columns: string[];
  /** The same without a word about seeking: what the key compares as a whole. */
  wholeColumns: string[];
}

export interface CatalogTable {
  isView: boolean;
  engine: string;
  columns: Map<string, CatalogColumn>;
  indexes: Map<string, CatalogIndex>;
}

/** What one database holds, as information_schema tells it; every name in lower case. */
export interface SchemaCatalog {
  database: string;
  /** As the server calls itself. */
  version: string;
  tables: Map<string, CatalogTable>;
}

type Row = Record<string, unknown>;

const PREFIX_THAT_SEEKS = 64;

export async function rowsOf(runner: SqlRunner, sql: string, parameters: unknown[] = []): Promise<Row[]> {
  return (await runner.query(sql, parameters)) as Row[];
}

export async function readCatalog(runner: SqlRunner): Promise<SchemaCatalog> {
  const [current] = await rowsOf(runner, 'select database() as name');
  const database = current?.['name'];
  if (typeof database !== 'string') throw new Error('the DSN names no database');
  const [server] = await rowsOf(runner, 'select version() as version');
  const [version] = Object.values(server ?? {});
  const catalog: SchemaCatalog = {
    database,
    version: typeof version === 'string' ? version : '',
    tables: new Map(),
  };
  const from = (view: string): string => `select * from information_schema.${view} where table_schema = database()`;
  for (const row of await rowsOf(runner, from('tables'))) {
    const engine = text(row, 'ENGINE');
    const isView = text(row, 'TABLE_TYPE').toUpperCase().includes('VIEW');
    catalog.tables.set(key(row, 'TABLE_NAME'), { isView, engine, columns: new Map(), indexes: new Map() });
  }
  for (const row of await rowsOf(runner, from('columns'))) {
    catalog.tables.get(key(row, 'TABLE_NAME'))?.columns.set(key(row, 'COLUMN_NAME'), columnOf(row));
  }
  const parts = `${from('statistics')} order by table_name, index_name, seq_in_index`;
  for (const row of await rowsOf(runner, parts)) addIndexPart(catalog, row);
  return catalog;
}

function columnOf(row: Row): CatalogColumn {
  const extra = text(row, 'EXTRA').toLowerCase();
  const generated = /\b(virtual|stored|persistent)\b/.test(extra);
  return {
    dataType: text(row, 'DATA_TYPE').toLowerCase(),
    columnType: text(row, 'COLUMN_TYPE'),
    maxLength: count(row, 'CHARACTER_MAXIMUM_LENGTH'),
    precision: count(row, 'DATETIME_PRECISION'),
    nullable: text(row, 'IS_NULLABLE') === 'YES',
    filledByServer: row['COLUMN_DEFAULT'] !== null || generated || extra.includes('auto_increment'),
    generated,
    charset: text(row, 'CHARACTER_SET_NAME') || undefined,
    collation: text(row, 'COLLATION_NAME') || undefined,
    defaultText: row['COLUMN_DEFAULT'] === null || generated ? undefined : text(row, 'COLUMN_DEFAULT'),
  };
}

function addIndexPart(catalog: SchemaCatalog, row: Row): void {
  const indexes = catalog.tables.get(key(row, 'TABLE_NAME'))?.indexes;
  const name = key(row, 'INDEX_NAME');
  const index = indexes?.get(name) ?? {
    unique: count(row, 'NON_UNIQUE') === 0,
    // MySQL calls it invisible, MariaDB ignored.
    usable: row['IS_VISIBLE'] !== 'NO' && row['IGNORED'] !== 'YES' && text(row, 'INDEX_TYPE') === 'BTREE',
    columns: [],
    wholeColumns: [],
  };
  const seeks = (count(row, 'SUB_PART') ?? PREFIX_THAT_SEEKS) >= PREFIX_THAT_SEEKS && text(row, 'COLLATION') === 'A';
  index.columns.push(seeks ? key(row, 'COLUMN_NAME') : '');
  index.wholeColumns.push(row['SUB_PART'] === null ? key(row, 'COLUMN_NAME') : '');
  indexes?.set(name, index);
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

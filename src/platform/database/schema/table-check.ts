import { DESIRED_SCHEMA } from './desired-schema';
import type { ForeignKey } from './foreign-keys.query';
import type { CatalogColumn, CatalogTable, SchemaCatalog } from './schema-catalog';
import type { Fault, SchemaSide, Stops } from './schema-report';
import { versionProblem } from './server-version';
import type { ColumnNeed, TableNeeds } from './table-needs';

/** The changes to a column; a property that is absent stays as it is. */
interface ColumnTarget {
  readonly type?: string;
  readonly nullable?: boolean;
}

interface Existing {
  readonly side: SchemaSide;
  readonly name: string;
  readonly table: CatalogTable;
  readonly foreignKeys: readonly ForeignKey[];
}

/** Faults of the server version and of existing tables. The service does not mend them: it does not own the tables. */
export function findProblems({ version, tables, foreignKeys }: SchemaCatalog, side: SchemaSide): Fault[] {
  const problem = versionProblem(version);
  // Only statements on bin need what old servers lack.
  const stops: Stops = problem?.isTooOld === true && side === 'bin' ? 'writes' : 'nothing';
  return [
    ...(problem === undefined ? [] : [{ text: problem.text, stops }]),
    ...Object.entries(DESIRED_SCHEMA[side].needs).flatMap(([name, needs]) => {
      const table = tables.get(name);
      return table === undefined ? [] : tableProblems({ side, name, table, foreignKeys }, needs);
    }),
  ];
}

function tableProblems({ side, name, table, foreignKeys }: Existing, needs: TableNeeds): Fault[] {
  const { stops } = needs;
  const columns = [...new Set([...needs.columns.keys(), ...table.columns.keys()])];
  const problems = columns.flatMap((column) => {
    const found = table.columns.get(column);
    const need = needs.columns.get(column);
    return found === undefined
      ? [missingColumn(side, name, column, need?.unused ? 'nothing' : (need?.missingStops ?? stops))]
      : columnProblems({ name, foreignKeys, stops }, column, found, need);
  });
  if (table.isView) {
    const text = `${name} is a view, and a table is needed: what a view makes of a write cannot be checked`;
    return [{ text, stops }, ...problems.map((problem) => ({ text: problem.text, stops: problem.stops }))];
  }
  const isToBeChanged = problems.some((problem) => problem.stops !== 'nothing');
  return [...storageProblems(name, table, needs, isToBeChanged), ...problems];
}

/** Before the faults of columns: in the old storage, a key may be too short for a wider column. */
function storageProblems(
  name: string,
  { engine, rowFormat, columns }: CatalogTable,
  needs: TableNeeds,
  isToBeChanged: boolean,
): Fault[] {
  if (engine.toLowerCase() !== 'innodb') {
    const text = `${name} is ${engine}, which has no transactions`;
    return [{ text, stops: needs.stops, sql: `ALTER TABLE ${name} ENGINE=InnoDB` }];
  }
  const isWide = ({ charset }: CatalogColumn): boolean => charset === 'utf8mb4';
  if (!/^(?:compact|redundant)$/.test(rowFormat) || ![...columns.values()].some(isWide)) return [];
  const text = `${name} has ${rowFormat} rows, in which a key holds 191 characters, and up to 255 are needed`;
  return [{ text, stops: isToBeChanged ? needs.stops : 'nothing', sql: `ALTER TABLE ${name} ROW_FORMAT=DYNAMIC` }];
}

/** A running Asterisk refuses REGISTERs while its connections know the table without the column. */
const RELOAD = ' /* then on each Asterisk: module reload res_odbc.so */';

/** The SQL adds the column as a new table would have it. */
function missingColumn(side: SchemaSide, table: string, column: string, stops: Stops): Fault {
  const definitions = DESIRED_SCHEMA[side].steps.find((step) => step.table === table)?.definitions;
  const definition = definitions?.find((text) => text.replaceAll('`', '').startsWith(`${column} `));
  const next = side === 'asterisk' ? RELOAD : '';
  const sql = definition === undefined ? {} : { sql: `ALTER TABLE ${table} ADD COLUMN ${definition}${next}` };
  return { text: `${table}.${column} is missing`, stops, ...sql };
}

/** One statement mends all mendable faults of a column. */
function columnProblems(
  of: Pick<Existing, 'name' | 'foreignKeys'> & { readonly stops: Stops },
  name: string,
  column: CatalogColumn,
  need: ColumnNeed | undefined,
): Fault[] {
  const faults: { text: string; stops: Stops; isMendable: boolean }[] = [];
  let target: ColumnTarget = {};
  const tell = (text: string, more?: ColumnTarget, stops = of.stops): void => {
    target = { ...target, ...more };
    faults.push({ text: `${of.name}.${name} ${text}`, stops, isMendable: more !== undefined });
  };
  if (name.startsWith('alive_') && !column.generated) tell('is not a generated column', undefined, 'nothing');
  if (need === undefined || need.unused) checkForeign(column, tell);
  else checkNeed(column, need, tell);
  const change = modifySql(of.name, name, column, target);
  const sql = untied(`${of.name}.${name}`, change, of.foreignKeys);
  return faults.map(({ text, stops, isMendable }) => ({ text, stops, ...(isMendable && { sql }) }));
}

type Tell = (text: string, target?: ColumnTarget, stops?: Stops) => void;

/** A column that the service does not write. */
function checkForeign({ nullable, filledByServer }: CatalogColumn, tell: Tell): void {
  if (nullable || filledByServer) return;
  tell('is NOT NULL without a default, so rows that do not name it are refused', { nullable: true });
}

function checkNeed(column: CatalogColumn, need: ColumnNeed, tell: Tell): void {
  const { columnType, maxLength, precision, nullable, filledByServer } = column;
  if (need.uuid && !holdsUuid(column)) tell(`is ${columnType}, binary(16) is needed`, { type: 'BINARY(16)' });
  if (need.length !== undefined && maxLength !== undefined && maxLength < need.length) {
    tell(`is ${columnType}, ${need.length} are needed`, { type: typeOfLength(need.length) }, need.shortStops);
  }
  if (need.microseconds && (precision ?? 0) < 6) {
    tell(`is ${columnType}, which loses microseconds`, { type: 'DATETIME(6)' }, 'nothing');
  }
  if (need.takesNull && !nullable) tell('does not take NULL', { nullable: true });
  if (need.filled && !filledByServer) tell('is not filled by the server', { type: `${columnType} AUTO_INCREMENT` });
  const unknown = (need.words ?? []).filter((word) => !holdsWord(column, word));
  for (const word of unknown) tell(`does not know the word '${word}'`, { type: typeWithWords(column, unknown) });
}

function holdsUuid({ dataType, maxLength }: CatalogColumn): boolean {
  // BINARY(n) pads with zeros, so a value in a longer column never equals what was written.
  return dataType === 'binary' ? maxLength === 16 : dataType === 'varbinary' && (maxLength ?? 0) >= 16;
}

function holdsWord({ dataType, columnType, maxLength }: CatalogColumn, word: string): boolean {
  if (dataType === 'enum') return columnType.toLowerCase().includes(`'${word}'`);
  return maxLength === undefined || maxLength >= word.length;
}

function typeWithWords({ dataType, columnType }: CatalogColumn, words: readonly string[]): string {
  if (dataType !== 'enum') return `VARCHAR(${Math.max(...words.map(({ length }) => length))})`;
  return columnType.replace(/\)$/, `${words.map((word) => `,'${word}'`).join('')})`);
}

/** A row has room for 65,535 bytes in all, and a character may take four. */
function typeOfLength(length: number): string {
  if (length > 60_000) return 'MEDIUMTEXT';
  return length > 2_048 ? 'TEXT' : `VARCHAR(${length})`;
}

/** MODIFY resets what it does not name, so it repeats the type, character set, NULL and default. */
function modifySql(table: string, name: string, column: CatalogColumn, target: ColumnTarget): string {
  const { type = column.columnType, nullable = column.nullable } = target;
  const isText = /^(?:var)?char|text|^enum/i.test(type);
  const characters =
    isText && column.charset !== undefined && column.collation !== undefined
      ? ` CHARACTER SET ${column.charset} COLLATE ${column.collation}`
      : '';
  return `ALTER TABLE ${table} MODIFY COLUMN \`${name}\` ${type}${characters} ${nullable ? 'NULL' : 'NOT NULL'}${defaultOf(column)}`;
}

/** The servers do not change a column that a foreign key ties to another one. */
function untied(column: string, sql: string, foreignKeys: readonly ForeignKey[]): string {
  const tied = foreignKeys.filter(({ columns }) => columns.includes(column));
  return [...tied.map(({ dropSql }) => dropSql), sql, ...tied.map(({ addSql }) => addSql)].join(';\n');
}

/** MariaDB reports a default as SQL, MySQL as the bare value. */
function defaultOf({ defaultText }: CatalogColumn): string {
  if (defaultText === undefined || defaultText.toUpperCase() === 'NULL') return '';
  const isSql = /^'(?:[^']|'')*'$|^-?\d+(?:\.\d+)?$|^current_timestamp(?:\(\d*\))?$/i.test(defaultText);
  return ` DEFAULT ${isSql ? defaultText : `'${defaultText.replaceAll("'", "''")}'`}`;
}

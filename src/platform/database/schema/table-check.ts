import { DESIRED_SCHEMA } from './desired-schema';
import type { CatalogColumn, CatalogTable, SchemaCatalog } from './schema-catalog';
import type { SchemaProblem, SchemaSide, Stops } from './schema-report';
import { versionProblem } from './server-version';
import type { ColumnNeed, TableNeeds } from './table-needs';

/** What a column is to become; what is not said stays. */
interface ColumnTarget {
  readonly type?: string;
  readonly nullable?: boolean;
}

interface ColumnFault {
  readonly text: string;
  readonly stops: Stops;
  readonly target: ColumnTarget;
}

/** What the server or an existing table is not. Nothing here is changed by us: the tables are the platform's. */
export function findProblems({ version, tables }: SchemaCatalog, side: SchemaSide): SchemaProblem[] {
  const problem = versionProblem(version);
  // Only bin is asked for what old servers do not know.
  const stops: Stops = problem?.isTooOld === true && side === 'bin' ? 'writes' : 'nothing';
  return [
    ...(problem === undefined ? [] : [{ text: problem.text, stops }]),
    ...Object.entries(DESIRED_SCHEMA[side].needs).flatMap(([name, needs]) => {
      const table = tables.get(name);
      return table === undefined ? [] : tableProblems(side, name, table, needs);
    }),
  ];
}

function tableProblems(side: SchemaSide, name: string, table: CatalogTable, needs: TableNeeds): SchemaProblem[] {
  const { stops } = needs;
  const problems = [
    ...[...needs.columns].flatMap(([column, need]) => {
      const found = table.columns.get(column);
      return found === undefined
        ? missingColumn(side, name, column, need, stops)
        : badColumn(name, column, found, need, stops);
    }),
    ...foreignColumns(name, table, needs),
  ];
  if (table.isView) {
    const text = `${name} is a view, and a table is needed: what a view makes of a write cannot be checked`;
    return [{ text, stops }, ...problems.map(({ text: what, stops: of }) => ({ text: what, stops: of }))];
  }
  if (table.engine.toLowerCase() === 'innodb') return problems;
  const text = `${name} is ${table.engine}, which has no transactions`;
  return [...problems, { text, stops, sql: `ALTER TABLE ${name} ENGINE=InnoDB` }];
}

/** It is added as our own table has it. */
function missingColumn(
  side: SchemaSide,
  table: string,
  column: string,
  need: ColumnNeed,
  stops: Stops,
): SchemaProblem[] {
  const definitions = DESIRED_SCHEMA[side].steps.find((step) => step.table === table)?.definitions;
  const definition = definitions?.find((text) => text.startsWith(`${column} `));
  return [
    {
      text: `${table}.${column} is missing`,
      stops: need.unused ? 'nothing' : stops,
      ...(definition !== undefined && { sql: `ALTER TABLE ${table} ADD COLUMN ${definition}` }),
    },
  ];
}

function badColumn(
  table: string,
  name: string,
  column: CatalogColumn,
  need: ColumnNeed,
  tableStops: Stops,
): SchemaProblem[] {
  const faults = columnFaults(column, need, tableStops);
  const sql = modifySql(table, name, column, Object.assign({}, ...faults.map(({ target }) => target)) as ColumnTarget);
  return faults.map(({ text, stops }) => ({ text: `${table}.${name} ${text}`, stops, sql }));
}

/** Columns that the service does not write. */
function foreignColumns(tableName: string, table: CatalogTable, needs: TableNeeds): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  for (const [name, column] of table.columns) {
    const full = `${tableName}.${name}`;
    if (name.startsWith('alive_') && !column.generated) {
      problems.push({ text: `${full} is not a generated column`, stops: 'nothing' });
    }
    const need = needs.columns.get(name);
    if ((need === undefined || need.unused) && !column.nullable && !column.filledByServer) {
      const text = `${full} is NOT NULL without a default, so rows that do not name it are refused`;
      problems.push({ text, stops: needs.stops, sql: modifySql(tableName, name, column, { nullable: true }) });
    }
  }
  return problems;
}

function columnFaults(column: CatalogColumn, need: ColumnNeed, stops: Stops): ColumnFault[] {
  const { columnType, maxLength, precision, nullable, filledByServer } = column;
  const faults: ColumnFault[] = [];
  const tell = (text: string, target: ColumnTarget, what = stops): void =>
    void faults.push({ text, target, stops: what });
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
  return faults;
}

function holdsUuid({ dataType, maxLength }: CatalogColumn): boolean {
  // BINARY(n) fills up with zeros: a longer one never equals what was written.
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

/** One statement for all that is wrong with a column. MODIFY forgets what it is not told, so it is told everything. */
function modifySql(table: string, name: string, column: CatalogColumn, target: ColumnTarget): string {
  const { type = column.columnType, nullable = column.nullable } = target;
  const isText = /^(?:var)?char|text|^enum/i.test(type);
  const characters =
    isText && column.charset !== undefined && column.collation !== undefined
      ? ` CHARACTER SET ${column.charset} COLLATE ${column.collation}`
      : '';
  return `ALTER TABLE ${table} MODIFY COLUMN \`${name}\` ${type}${characters} ${nullable ? 'NULL' : 'NOT NULL'}${defaultOf(column)}`;
}

/** MariaDB tells a default as SQL, MySQL as its bare value. */
function defaultOf({ defaultText }: CatalogColumn): string {
  if (defaultText === undefined || defaultText.toUpperCase() === 'NULL') return '';
  const isSql = /^'(?:[^']|'')*'$|^-?\d+(?:\.\d+)?$|^current_timestamp(?:\(\d*\))?$/i.test(defaultText);
  return ` DEFAULT ${isSql ? defaultText : `'${defaultText.replaceAll("'", "''")}'`}`;
}

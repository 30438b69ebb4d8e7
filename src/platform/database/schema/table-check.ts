import { columnDefinition } from './desired-schema';
import { addColumnSql, modifySql, type ColumnTarget } from './mending-sql';
import type { CatalogColumn, CatalogTable, SchemaCatalog } from './schema-catalog';
import type { SchemaProblem, SchemaSide, Stops } from './schema-report';
import { versionProblem } from './server-version';
import { TABLE_NEEDS, type ColumnNeed, type TableNeeds } from './table-needs';

interface ColumnFault {
  readonly text: string;
  readonly stops: Stops;
  readonly mend: Partial<ColumnTarget>;
}

/** What the server or an existing table is not. Nothing here is changed by us: the tables are the platform's. */
export function findProblems(catalog: SchemaCatalog, side: SchemaSide): SchemaProblem[] {
  const version = versionProblem(catalog.version);
  // Only bin is asked for what old servers do not know.
  const stops: Stops = version?.isTooOld === true && side === 'bin' ? 'writes' : 'nothing';
  return [
    ...(version === undefined ? [] : [{ text: version.text, stops }]),
    ...Object.entries(TABLE_NEEDS[side]).flatMap(([name, needs]) => {
      const table = catalog.tables.get(name);
      return table === undefined ? [] : tableProblems(side, name, table, needs);
    }),
  ];
}

function tableProblems(side: SchemaSide, name: string, table: CatalogTable, needs: TableNeeds): SchemaProblem[] {
  const problems = [
    ...Object.entries(needs.columns).flatMap(([column, need]) =>
      needProblems(side, name, table, column, need, needs.stops),
    ),
    ...foreignColumnProblems(name, table, needs),
  ];
  if (table.isView) {
    const text = `${name} is a view, and a table is needed: what a view makes of a write cannot be checked`;
    return [{ text, stops: needs.stops }, ...problems];
  }
  if (table.engine.toLowerCase() === 'innodb') return problems;
  const text = `${name} is ${table.engine}, which has no transactions`;
  return [...problems, { text, stops: needs.stops, sql: `ALTER TABLE ${name} ENGINE=InnoDB` }];
}

function needProblems(
  side: SchemaSide,
  tableName: string,
  table: CatalogTable,
  name: string,
  need: ColumnNeed,
  tableStops: Stops,
): SchemaProblem[] {
  const column = table.columns.get(name);
  if (column === undefined) {
    const definition = columnDefinition(side, tableName, name);
    const sql = definition === undefined || table.isView ? {} : { sql: addColumnSql(tableName, definition) };
    return [{ text: `${tableName}.${name} is missing`, stops: need.unused ? 'nothing' : tableStops, ...sql }];
  }
  const faults = columnFaults(column, need, tableStops);
  const sql = modifySql(tableName, name, column, Object.assign({}, ...faults.map(({ mend }) => mend)) as ColumnTarget);
  return faults.map(({ text, stops }) => ({
    text: `${tableName}.${name} ${text}`,
    stops,
    ...(!table.isView && { sql }),
  }));
}

/** Columns that are nobody's we know. */
function foreignColumnProblems(tableName: string, table: CatalogTable, needs: TableNeeds): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  for (const [name, column] of table.columns) {
    const full = `${tableName}.${name}`;
    if (name.startsWith('alive_') && !column.generated) {
      problems.push({ text: `${full} is not a generated column`, stops: 'nothing' });
    }
    const need = needs.columns[name];
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
  const tell = (text: string, mend: Partial<ColumnTarget>, what: Stops = stops): void =>
    void faults.push({ text, mend, stops: what });
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

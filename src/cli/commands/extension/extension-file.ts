import { UsageError } from '../../terminal/exit-code';
import { damageOf, fromCell, hasMark, isNumberForPeople } from '../../terminal/csv';
import { readCsv, type CsvRecord } from '../../terminal/csv-reader';
import { readTextFile } from '../../terminal/text-file';
import { columnOf, faultsOfTitles, type Cells, type Column } from './extension-columns';
import { readJsonRows } from './extension-json';
import type { FileRow } from './file-row';

type FileFormat = 'csv' | 'json';

/** The format by the name of the file. `hint` names an alternative in the error. */
export function fileFormat(path: string, hint = ''): FileFormat {
  const format = formatOfName(path);
  if (format !== undefined) return format;
  throw new UsageError([`the file must end in .csv or .json${hint}`]);
}

/** The format by the name of the file, or by --format when the name does not tell, as for a pipe. */
export function importFormat(path: string, given: FileFormat | 'table' | undefined) {
  const named = formatOfName(path) ?? (/\.tsv$/i.test(path) ? 'csv' : undefined);
  if (named === 'json' && given === 'csv') throw new UsageError(['the name of the file says json, and --format csv']);
  if (named !== undefined) return { format: named, isGiven: given === 'csv' };
  if (given === 'csv' || given === 'json') return { format: given, isGiven: true };
  if (/\.txt$/i.test(path)) return { format: 'csv' as const, isGiven: false };
  throw new UsageError(['the file must end in .csv or .json, or --format csv or --format json says what it holds']);
}

function formatOfName(path: string): FileFormat | undefined {
  const name = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase();
  return name === 'csv' || name === 'json' ? name : undefined;
}

/** The rows of a file, or of stdin when the path is `-`, each with its place in the file. */
export async function readCells(path: string, format: FileFormat): Promise<FileRow[]> {
  const text = await readTextFile(path);
  return format === 'csv' ? readCsvRows(text) : readJsonRows(text);
}

export function readCsvRows(text: string): FileRow[] {
  const [header, ...rows] = readCsv(text, (title) => columnOf(title) !== undefined);
  if (header === undefined) return [];
  const faults = faultsOfTitles(header.cells, 'column');
  if (faults.length > 0) {
    throw new UsageError(['1 problem, nothing was imported:', `line ${header.line}: ${faults.join('; ')}`]);
  }
  const columns = header.cells.map((title) => columnOf(title) ?? 'ignored');
  return rows.map((row) => csvRow(row, columns));
}

function csvRow({ line, cells: all }: CsvRecord, columns: readonly (Column | 'ignored')[]): FileRow {
  const cells: Cells = {};
  const problems: string[] = [];
  const extra = all.slice(columns.length).filter((cell) => cell !== '').length;
  if (extra > 0) problems.push(`has ${all.length} cells, the first line has ${columns.length}`);
  // Excel omits the last empty cells of a row. A truncated row must not get a generated password.
  if (columns.indexOf('password') >= all.length)
    problems.push('ends before its password; an empty cell gets a new one');
  columns.forEach((column, index) => {
    const cell = all[index] ?? '';
    if (column === 'ignored') return;
    const damage = hasMark(cell) ? undefined : damageIn(column, cell);
    if (damage !== undefined)
      problems.push(`${column} ${damage}; write it as text, or with an apostrophe before it if it is meant`);
    cells[column] = fromCell(cell);
  });
  const password = all[columns.indexOf('password')] ?? '';
  return { at: `line ${line}`, cells, problems, hasMarkedPassword: hasMark(password) };
}

const MONTH = '(?:jan|feb|mar|mär|mrz|apr|may|mai|jun|jul|aug|sept?|oct|okt|nov|dec|dez)';
/** The form that a spreadsheet gives to numbers such as 10-12 and 1-2. */
const DATE = new RegExp(`^(?:\\d{1,2}-${MONTH}|${MONTH}-\\d{1,2})$`, 'iu');

/** Numbers, user names and passwords must be as written; in `name` and `detail` a number may have any form. */
function damageIn(column: Column, cell: string): string | undefined {
  if (column === 'name' || column === 'detail') return isNumberForPeople(cell) ? undefined : damageOf(cell);
  if (column === 'extension' && DATE.test(cell)) return 'is a date, as a spreadsheet reads two short numbers';
  return damageOf(cell);
}

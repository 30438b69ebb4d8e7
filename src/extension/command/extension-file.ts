import { readFile } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse/sync';
import { CommandError, UsageError } from '../../platform/terminal/exit-code';

export type FileFormat = 'csv' | 'json';

const MAX_BYTES = 64 * 1024 * 1024;

/** By the file's name; `hint` is what else can be done. */
export function fileFormat(path: string, hint = ''): FileFormat {
  const name = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase();
  if (name === 'csv' || name === 'json') return name;
  throw new UsageError([`the file must end in .csv or .json${hint}`]);
}

/** The rows of a file as they stand there, each with its place. */
export async function readCells(path: string, format: FileFormat): Promise<{ at: string; cells: unknown }[]> {
  const text = await readText(path);
  return format === 'csv' ? csvCells(text) : jsonCells(text);
}

async function readText(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > MAX_BYTES) throw new UsageError(['the file is larger than 64 MB']);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof TypeError) throw new UsageError(['the file is not UTF-8 text']);
    throw new CommandError(`the file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}

function csvCells(text: string): { at: string; cells: unknown }[] {
  try {
    const records = parse(text, { columns: true, bom: true, skip_empty_lines: true, trim: false, info: true });
    return (records as unknown as { record: unknown; info: { lines: number } }[]).map(({ record, info }) => ({
      at: `line ${info.lines}`,
      cells: record,
    }));
  } catch (error) {
    // The parser's own message quotes the cell.
    if (!(error instanceof CsvError)) throw error;
    const lines = (error as { lines?: unknown }).lines;
    throw new UsageError([`the file is not CSV: ${error.code}${typeof lines === 'number' ? ` in line ${lines}` : ''}`]);
  }
}

function jsonCells(text: string): { at: string; cells: unknown }[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw new UsageError(['the file is not JSON']);
  }
  if (!Array.isArray(list)) throw new UsageError(['the file must hold a JSON list of extensions']);
  return list.map((cells: unknown, index) => ({ at: `row ${index + 1}`, cells }));
}

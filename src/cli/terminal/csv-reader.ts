import { CsvError, parse, type Options } from 'csv-parse/sync';
import { UsageError } from './exit-code';

export interface CsvRecord {
  /** The line on which the record begins, counted from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

const DELIMITERS = [',', ';', '\t', '|'] as const;
/** The optional first line that names the delimiter for Excel. */
const SEP_LINE = /^"?sep=([,;\t|])"?(?:\r\n|\r|\n|$)/i;
const FORM = { record_delimiter: ['\r\n', '\n', '\r'], relax_column_count: true };
const REASONS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quotation mark opens a cell and none closes it',
  CSV_INVALID_CLOSING_QUOTE: 'text stands between the closing quotation mark of a cell and the next delimiter',
  INVALID_OPENING_QUOTE: 'a cell holds a quotation mark and does not begin with one',
};

/**
 * The records of a CSV text that are not empty, with any delimiter and any mix of line ends. The delimiter is the one
 * that gives the most known titles (`isTitle`) in the first record.
 */
export function readCsv(text: string, isTitle: (text: string) => boolean): CsvRecord[] {
  const sep = SEP_LINE.exec(text);
  const body = Buffer.from(sep === null ? text : text.slice(sep[0].length));
  const first = sep === null ? 1 : 2;
  const { delimiter, titles } = dialectOf(body, sep?.[1] === undefined ? DELIMITERS : [sep[1]], isTitle);
  // Where a blank follows each delimiter, the blanks are not part of the values.
  const ltrim = titles.length > 1 && titles.slice(1).every((title) => title.startsWith(' '));
  return parseAll(body, { delimiter, ltrim }, first).filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
}

interface Dialect {
  readonly delimiter: string;
  readonly titles: readonly string[];
}

function dialectOf(body: Buffer, delimiters: readonly string[], isTitle: (text: string) => boolean): Dialect {
  const score = ({ titles }: Dialect): number => titles.filter(isTitle).length * 1_000 + titles.length;
  return delimiters
    .map((delimiter) => ({ delimiter, titles: titlesOf(body, delimiter) }))
    .reduce((best, one) => (score(one) > score(best) ? one : best));
}

/** The first record that is not empty. Reads no further: with this delimiter the rest may not be CSV. */
function titlesOf(body: Buffer, delimiter: string): readonly string[] {
  const first = { delimiter, to: 1, skip_empty_lines: true, skip_records_with_empty_values: true };
  try {
    return parse(body, { ...FORM, ...first })[0] ?? [];
  } catch {
    return []; // Reading the whole file reports the fault.
  }
}

function parseAll(body: Buffer, options: Options, firstLine: number): CsvRecord[] {
  const read: CsvRecord[] = [];
  let line = firstLine;
  let start = 0;
  const onRecord = (cells: string[], { bytes: end }: { bytes: number }): null => {
    read.push({ line, cells });
    line += body.toString('latin1', start, end).match(/\r\n|\r|\n/g)?.length ?? 0;
    start = end;
    return null;
  };
  try {
    parse(body, { ...FORM, ...options, on_record: onRecord });
    return read;
  } catch (error) {
    // The message of the parser is not used: it quotes the cell.
    if (!(error instanceof CsvError)) throw error;
    const reason = REASONS[error.code] ?? error.code;
    throw new UsageError([`the file is not CSV: ${reason}, in the row that begins on line ${line}`]);
  }
}

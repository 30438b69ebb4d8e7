import { CsvError, parse, type Options } from 'csv-parse/sync';
import { UsageError } from './exit-code';

export interface CsvRecord {
  /** The line on which it begins, as an editor counts. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Blank ones may come before the titles. */
const FIRST_RECORDS = 10;
const DELIMITERS = [',', ';', '\t', '|'] as const;
/** The first line by which Excel is told the delimiter. */
const SEP_LINE = /^"?sep=([,;\t|])"?(?:\r\n|\r|\n|$)/i;
const REASONS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quotation mark opens a cell and none closes it',
  CSV_INVALID_CLOSING_QUOTE: 'something stands between the closing quotation mark of a cell and the next delimiter',
  INVALID_OPENING_QUOTE: 'a cell holds a quotation mark and does not begin with one',
};

/**
 * The records of a CSV text that are not empty, whatever its delimiter and its line ends, which may be mixed.
 * `isTitle` knows the titles: the delimiter that makes most of them in the first record is the file's.
 */
export function readCsv(text: string, isTitle: (text: string) => boolean): CsvRecord[] {
  const sep = SEP_LINE.exec(text);
  const body = Buffer.from(sep === null ? text : text.slice(sep[0].length));
  const first = sep === null ? 1 : 2;
  const { delimiter, titles } = dialectOf(body, first, sep?.[1] === undefined ? DELIMITERS : [sep[1]], isTitle);
  // "comma, blank" is a way to write lists: the blanks are not part of the values.
  const ltrim = titles.length > 1 && titles.slice(1).every((title) => title.startsWith(' '));
  return filled(parseAll(body, delimiter, first, { ltrim }));
}

interface Dialect {
  readonly delimiter: string;
  readonly titles: readonly string[];
}

function dialectOf(
  body: Buffer,
  firstLine: number,
  delimiters: readonly string[],
  isTitle: (text: string) => boolean,
): Dialect {
  const score = ({ titles }: Dialect): number => titles.filter(isTitle).length * 1_000 + titles.length;
  return delimiters
    .map((delimiter) => ({ delimiter, titles: titlesOf(body, delimiter, firstLine) }))
    .reduce((best, one) => (score(one) > score(best) ? one : best));
}

function titlesOf(body: Buffer, delimiter: string, firstLine: number): readonly string[] {
  try {
    // No further than needed: what comes after them may be no CSV.
    for (let to = 1; to <= FIRST_RECORDS; to++) {
      const [titles] = filled(parseAll(body, delimiter, firstLine, { to }));
      if (titles !== undefined) return titles.cells;
    }
  } catch {
    // It is read once more, and told then.
  }
  return [];
}

function filled(records: readonly CsvRecord[]): CsvRecord[] {
  return records.filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
}

function parseAll(body: Buffer, delimiter: string, firstLine: number, more: Options = {}): CsvRecord[] {
  const lines = new LineCounter(body, firstLine);
  const read: CsvRecord[] = [];
  try {
    parse(body, {
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      ...more,
      on_record: (cells: string[], { bytes }: { bytes: number }) => {
        read.push({ line: lines.at, cells });
        lines.advance(bytes);
        return null;
      },
    });
    return read;
  } catch (error) {
    // The parser's own message quotes the cell.
    if (!(error instanceof CsvError)) throw error;
    const reason = REASONS[error.code] ?? error.code;
    throw new UsageError([`the file is not CSV: ${reason}, in the row that begins on line ${lines.at}`]);
  }
}

const LF = 0x0a;
const CR = 0x0d;

/** CRLF, LF and CR end a line each. */
class LineCounter {
  private offset = 0;

  constructor(
    private readonly bytes: Buffer,
    public at: number,
  ) {}

  advance(to: number): void {
    for (; this.offset < to; this.offset++) {
      const byte = this.bytes[this.offset];
      if (byte === LF || (byte === CR && this.bytes[this.offset + 1] !== LF)) this.at++;
    }
  }
}

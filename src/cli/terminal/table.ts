import Table from 'cli-table3';

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Never cut: ids are for pasting. */
  readonly isWhole?: boolean;
}

const GAP = 2;
const LEAST_COLUMN = 6;
const NO_LINES = Object.fromEntries(
  ['top', 'bottom', 'left', 'right'].flatMap((side) => [side, `${side}-mid`]).map((part) => [part, '']),
);

/** Rows under their titles, cut to the width: the widest columns give way first. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ text }) => oneLine(text(row)))),
  ];
  const table = new Table({
    chars: {
      ...NO_LINES,
      'top-left': '',
      'top-right': '',
      'bottom-left': '',
      'bottom-right': '',
      mid: '',
      'mid-mid': '',
      middle: '',
    },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP, compact: true },
    colWidths: fit(
      columns.map(({ isWhole }, index) => ({ width: widest(cells, index), isWhole: isWhole === true })),
      width,
    ),
  });
  table.push(...cells);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** A break in a stored text would begin a line that reads as another value. */
const BREAKS = /\r\n|[\t\n\v\f\r\u0085\u2028\u2029]/g;

/** One value a line, never cut. */
export function renderDetail(entries: readonly (readonly [string, string])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries
    .map(([name, value]) => `${name.padEnd(width)}  ${printable(value.replace(BREAKS, ' '))}`.trimEnd())
    .join('\n');
}

/** Control characters in a stored text would be commands to the terminal. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' '));
}

function widest(cells: readonly (readonly string[])[], index: number): number {
  return Math.max(...cells.map((row) => Array.from(row[index] ?? '').length)) + GAP;
}

function fit(natural: readonly { readonly width: number; readonly isWhole: boolean }[], width: number): number[] {
  const widths = natural.map((column) => column.width);
  const giving = natural.flatMap(({ isWhole }, index) => (isWhole ? [] : [index]));
  let excess = widths.reduce((sum, one) => sum + one, 0) - width;
  while (excess > 0) {
    const most = Math.max(...giving.map((index) => widths[index] ?? 0));
    if (most <= LEAST_COLUMN) break;
    widths[giving.find((index) => widths[index] === most) ?? 0] = most - 1;
    excess--;
  }
  return widths;
}

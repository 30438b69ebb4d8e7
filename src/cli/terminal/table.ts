import stringWidth from 'string-width';

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Never cut, so that ids can be copied. */
  readonly isWhole?: boolean;
}

/** A name and its value. */
export type Entry = readonly [name: string, value: string];

const GAP = 2;
const LEAST_COLUMN = 6;

/** Rows under their titles, cut to the width; the widest columns shrink first. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string {
  const lines = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ text }) => printable(text(row).replace(/\s+/g, ' ')))),
  ];
  const natural = columns.map((_, index) => Math.max(...lines.map((cells) => stringWidth(cells[index] ?? ''))) + GAP);
  const widths = fit(
    natural,
    columns.map(({ isWhole }) => isWhole === true),
    width,
  );
  return lines
    .map((cells) =>
      cells
        .map((cell, index) => sized(cell, widths[index] ?? 0))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

/** Cuts the text with an ellipsis, or fills it with blanks, to exactly `width` columns of the screen. */
function sized(text: string, width: number): string {
  const missing = width - stringWidth(text);
  if (missing >= GAP) return text + ' '.repeat(missing);
  let cut = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(cut + segment) > width - GAP - 1) break;
    cut += segment;
  }
  return `${cut}…${' '.repeat(width - 1 - stringWidth(cut))}`;
}

/** A line break in a stored text would start a line that looks like another value. */
const BREAKS = /\r\n|[\t\n\v\f\r\u0085\u2028\u2029]/g;

/** One value on each line, never cut. */
export function renderDetail(entries: readonly Entry[]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries
    .map(([name, value]) => `${name.padEnd(width)}  ${printable(value.replace(BREAKS, ' '))}`.trimEnd())
    .join('\n');
}

/** Replaces control characters, which a terminal would interpret as commands. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

function fit(natural: readonly number[], isWhole: readonly boolean[], width: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, one) => sum + one, 0) - width;
  while (excess-- > 0) {
    const most = Math.max(...widths.filter((_, index) => isWhole[index] !== true));
    if (most <= LEAST_COLUMN) break;
    widths[widths.findIndex((one, index) => one === most && isWhole[index] !== true)] = most - 1;
  }
  return widths;
}

/** A row with every column that the table has, whatever Asterisk's version: names in lower case, values as text. */
export type WholeRow = Readonly<Record<string, string | null>>;

const COLUMNS_MAX = 400;
const VALUE_MAX = 2_048;
const COLUMN = /^[a-z0-9_]{1,64}$/;

/** Other programs own most columns, so nothing is known about their number, names, types and lengths. */
export function wholeRowOf(raw: Readonly<Record<string, unknown>>): WholeRow {
  const entries = Object.entries(raw)
    .slice(0, COLUMNS_MAX)
    .map(([name, value]) => [name.toLowerCase(), textOf(value)] as const);
  return Object.fromEntries(entries.filter(([name]) => COLUMN.test(name)));
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value.slice(0, VALUE_MAX);
  const text = Buffer.isBuffer(value)
    ? value.toString('utf8')
    : typeof value === 'object'
      ? JSON.stringify(value)
      : `${value as number}`;
  return text.slice(0, VALUE_MAX);
}

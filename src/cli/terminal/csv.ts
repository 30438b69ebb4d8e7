/** A text that a spreadsheet runs as a formula, also after blanks. East Asian keyboards type the wide forms. */
const FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]/u;
const STARTS_WITH_BREAK = /^[\t\r\n]/;
const MARK = "'";

/** Only with a fraction or a sign: 3E10 may be a name. */
const E_NOTATION = /^[+-]?\d{1,3}(?:[.,٫]\d+E[+-]?|E[+-])\d{1,3}$/i;
const ERROR_WORD = /^(?:#(?:[¿¡]?[\p{Lu}/0]+[!?]|\p{Lu}\/\p{Lu}|NV|YOK|#{2,})|(?:Err|Fehler):\d{3})$/u;
const TEXT_FORMULA = /^[=＝]\s*["“”„].*["“”]$/su;
const FRACTION_ADDED = /^\d+[.,]0+$/;
const GROUPED = /^[1-9]\d{0,2}(?:[.,\u00a0\u202f'’]\d{3})+$/;

/** How a program that takes texts for numbers or formulas has damaged a value; undefined when no damage is visible. */
export function damageOf(cell: string): string | undefined {
  if (E_NOTATION.test(cell)) return 'is a number in E notation, whose digits a spreadsheet has cut';
  if (ERROR_WORD.test(cell)) return 'is an error word of a spreadsheet';
  if (TEXT_FORMULA.test(cell)) return 'is a formula for a text (="…")';
  if (FRACTION_ADDED.test(cell)) return 'ends in .0, as a program writes a text that it takes for a number';
  if (GROUPED.test(cell))
    return 'is written in groups of digits, as a program writes a text that it takes for a number';
  return undefined;
}

/** A number as programs write it. It is damage in a number, user name or password, but not in a text for people. */
export function isNumberForPeople(cell: string): boolean {
  return FRACTION_ADDED.test(cell) || GROUPED.test(cell);
}

/**
 * A value as a cell. An apostrophe is put before a formula, before a value that looks damaged, and before an
 * apostrophe. So every cell that begins with an apostrophe is marked, and {@link fromCell} is the exact inverse.
 */
export function toCell(value: string): string {
  return isMarked(value) ? MARK + value : value;
}

/** The value of a cell. An apostrophe that {@link toCell} would not have put there is part of the value. */
export function fromCell(cell: string): string {
  return hasMark(cell) ? cell.slice(MARK.length) : cell;
}

/** True when the cell begins with an apostrophe that is not part of its value. */
export function hasMark(cell: string): boolean {
  return cell.startsWith(MARK) && isMarked(cell.slice(MARK.length));
}

function isMarked(value: string): boolean {
  return (
    value.startsWith(MARK) || FORMULA.test(value) || STARTS_WITH_BREAK.test(value) || damageOf(value) !== undefined
  );
}

type Row = Readonly<Record<string, string>>;

/** Rows as CSV: commas, LF, UTF-8, quotes where needed. */
export async function csvText(rows: readonly Row[], columns: readonly string[], header: boolean): Promise<string> {
  const { stringify } = await import('csv-stringify/sync');
  const cells = rows.map((row) => columns.map((column) => toCell(row[column] ?? '')));
  // A lone CR ends a line, too.
  return stringify(header ? [[...columns], ...cells] : cells, { quoted_match: /[\r\n]/ });
}

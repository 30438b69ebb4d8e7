import { inspect } from 'node:util';

type Check<Cells extends readonly unknown[]> = (...cells: Cells) => unknown;

/** One test for a table of examples. Its failure shows each row that differs, and the reason. */
export function eachRow<Cells extends unknown[] | [unknown]>(
  rows: readonly Cells[],
): (title: string, check: Check<Cells>) => void;
export function eachRow<Cells extends readonly unknown[]>(
  rows: readonly Cells[],
): (title: string, check: Check<Cells>) => void;
export function eachRow<Cell>(rows: readonly Cell[]): (title: string, check: Check<[Cell]>) => void;
export function eachRow(rows: readonly unknown[]) {
  if (rows.length === 0) throw new Error('a table without rows shows nothing');
  return (title: string, check: Check<unknown[]>): void =>
    it(title, async () => {
      const failures: string[] = [];
      const isTable = rows.every((row) => Array.isArray(row));
      for (const row of rows) {
        const cells = isTable ? (row as unknown[]) : [row];
        try {
          await check(...cells);
        } catch (error) {
          failures.push(`${cells.map((cell) => inspect(cell, { breakLength: 120 })).join(' | ')}\n${reasonOf(error)}`);
        }
      }
      if (failures.length === 0) return;
      throw new Error(`${failures.length} of ${rows.length} rows differ:\n\n${failures.join('\n\n')}`);
    });
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^/gm, '    ');
}

import type { Difference, Finding } from './drift';
import type { ReconcileRun } from './reconcile.run';

/** Rows compared together: enough to be quick, few enough not to delay requests or fill memory. */
const CHUNK = 500;

/** A comparison of one table. Each row is an id or has one. */
export interface Pass<Row extends string | { readonly id: string }> {
  readonly subject: Difference['subject'];
  /** In key order, after the id `after`. */
  readChunk(after: string | undefined, limit: number): Promise<Row[]>;
  /** Rows that seem to differ, read without a lock. */
  suspectsAmong(rows: readonly Row[], run: ReconcileRun): Promise<Row[]>;
  /** Compares the row again under a lock, and repairs it unless this is a dry run. */
  repair(row: Row, run: ReconcileRun): Promise<Finding[]>;
}

/** Goes through a table, one chunk in memory at a time. */
export async function walk<Row extends string | { readonly id: string }>(
  pass: Pass<Row>,
  run: ReconcileRun,
): Promise<void> {
  let after: string | undefined;
  for (;;) {
    const rows = await pass.readChunk(after, CHUNK);
    run.checkpoint();
    const suspects = rows.length > 0 ? await pass.suspectsAmong(rows, run) : [];
    for (const row of suspects) await run.attempt(pass.subject, idOf(row), () => pass.repair(row, run));
    const last = rows.at(-1);
    if (last === undefined || rows.length < CHUNK) return;
    after = idOf(last);
  }
}

function idOf(row: string | { readonly id: string }): string {
  return typeof row === 'string' ? row : row.id;
}

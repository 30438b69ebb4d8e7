import type { Difference, Finding } from './drift';
import type { ReconcileRun } from './reconcile.run';

type Keyed = string | { readonly id: string };

/** Rows read together: few enough not to delay requests or fill memory. */
const CHUNK = 1_000;

/** One reading of one table. Each row is an id or has one. */
export interface Step<Row extends Keyed = Keyed> {
  /** What it does with which table; unique in a run. */
  readonly name: string;
  readonly table: string;
  readonly keys: 'uuid' | 'text';
  /** False when the digest has shown that the step would find nothing. */
  isNeeded(run: ReconcileRun): boolean;
  /** In key order, after the id `after`. */
  readChunk(after: string | undefined, limit: number): Promise<Row[]>;
  visit(rows: readonly Row[], run: ReconcileRun): void | Promise<void>;
}

/** A comparison of one table, row by row. */
export interface Pass<Row extends Keyed> {
  readonly subject: Difference['subject'];
  readonly table: string;
  readonly keys: Step['keys'];
  /** True when the digest does not cover the table: its rows are always compared. */
  readonly isAlwaysNeeded?: boolean;
  readChunk(after: string | undefined, limit: number): Promise<Row[]>;
  /** Rows that seem to differ, read without a lock. */
  suspectsAmong(rows: readonly Row[], run: ReconcileRun): Promise<Row[]>;
  /** Compares the row again under a lock, and repairs it unless this is a dry run. */
  repair(row: Row, run: ReconcileRun): Promise<Finding[]>;
}

export function stepOf<Row extends Keyed>(pass: Pass<Row>): Step<Row> {
  return {
    name: `compare ${pass.table}`,
    table: pass.table,
    keys: pass.keys,
    isNeeded: (run) => pass.isAlwaysNeeded === true || !run.digest.isEven,
    readChunk: (after, limit) => pass.readChunk(after, limit),
    visit: async (rows, run) => {
      for (const row of await pass.suspectsAmong(rows, run)) {
        await run.attempt(pass.subject, idOf(row), () => pass.repair(row, run));
      }
    },
  };
}

/** Goes through a table from where the run is, one chunk in memory at a time. */
export async function walk<Row extends Keyed>(step: Step<Row>, run: ReconcileRun): Promise<void> {
  let { after } = run.at;
  for (;;) {
    const startedAt = performance.now();
    const rows = await step.readChunk(after === '' ? undefined : after, CHUNK);
    run.checkpoint();
    await step.visit(rows, run);
    const last = rows.at(-1);
    if (last === undefined || rows.length < CHUNK) return;
    after = idOf(last);
    await run.passed(after, rows.length, performance.now() - startedAt);
  }
}

function idOf(row: Keyed): string {
  return typeof row === 'string' ? row : row.id;
}

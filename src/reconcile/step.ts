import type { Difference, Finding } from './drift';
import type { ReconcileRun } from './reconcile.run';

type Keyed = string | { readonly id: string };

/** Rows read together: few enough not to delay requests or fill memory. */
const CHUNK = 1_000;

/** So many suspects of a pass with a grace wait together, so that a table needs few pauses. */
const HELD_MAX = 5_000;

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
  /** The rows that it returns are visited again with {@link settle}, after a pause. */
  visit(rows: readonly Row[], run: ReconcileRun): readonly Row[] | Promise<readonly Row[]>;
  readonly graceMs?: number;
  settle?(held: readonly Row[], run: ReconcileRun): Promise<void>;
}

/** A comparison of one table, row by row. */
export interface Pass<Row extends Keyed> {
  readonly subject: Difference['subject'];
  readonly table: string;
  readonly keys: Step['keys'];
  /** True when the digest does not cover the table: its rows are always compared. */
  readonly isAlwaysNeeded?: boolean;
  /** A suspect is looked at again after so long: another program may be about to make it right. */
  readonly graceMs?: number;
  readChunk(after: string | undefined, limit: number): Promise<Row[]>;
  /** Rows that seem to differ, read without a lock. */
  suspectsAmong(rows: readonly Row[], run: ReconcileRun): Promise<Row[]>;
  /** Compares the row again under a lock, and repairs it unless this is a dry run. */
  repair(row: Row, run: ReconcileRun): Promise<Finding[]>;
}

export function stepOf<Row extends Keyed>(pass: Pass<Row>): Step<Row> {
  const repair = async (rows: readonly Row[], run: ReconcileRun): Promise<void> => {
    for (const row of await pass.suspectsAmong(rows, run)) {
      await run.attempt(pass.subject, idOf(row), () => pass.repair(row, run));
    }
  };
  return {
    name: `compare ${pass.table}`,
    table: pass.table,
    keys: pass.keys,
    isNeeded: (run) => pass.isAlwaysNeeded === true || !run.digest.isEven,
    readChunk: (after, limit) => pass.readChunk(after, limit),
    ...(pass.graceMs !== undefined && { graceMs: pass.graceMs }),
    visit: async (rows, run) => {
      if (pass.graceMs !== undefined) return pass.suspectsAmong(rows, run);
      await repair(rows, run);
      return [];
    },
    settle: async (held, run) => {
      for (let from = 0; from < held.length; from += CHUNK) await repair(held.slice(from, from + CHUNK), run);
    },
  };
}

/** Goes through a table from where the run is, one chunk in memory at a time, and the suspects that wait. */
export async function walk<Row extends Keyed>(step: Step<Row>, run: ReconcileRun): Promise<void> {
  let { after } = run.at;
  const held: Row[] = [];
  for (;;) {
    const startedAt = performance.now();
    const rows = await step.readChunk(after === '' ? undefined : after, CHUNK);
    run.checkpoint();
    held.push(...(await step.visit(rows, run)));
    const last = rows.at(-1);
    const isEnd = last === undefined || rows.length < CHUNK;
    let workedMs = performance.now() - startedAt;
    if (held.length > 0 && (isEnd || held.length >= HELD_MAX)) {
      workedMs += await settle(step, held.splice(0), run);
    }
    if (isEnd) return;
    after = idOf(last);
    // The place stays before the suspects that wait.
    if (held.length > 0) await run.readAhead(rows.length, workedMs);
    else await run.passed(after, rows.length, workedMs);
  }
}

/** The time it worked, without the pause. */
async function settle<Row extends Keyed>(step: Step<Row>, held: readonly Row[], run: ReconcileRun): Promise<number> {
  await run.pause(step.graceMs ?? 0);
  const startedAt = performance.now();
  await step.settle?.(held, run);
  return performance.now() - startedAt;
}

function idOf(row: Keyed): string {
  return typeof row === 'string' ? row : row.id;
}

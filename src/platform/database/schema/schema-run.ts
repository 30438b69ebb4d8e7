import type { QueryRunner } from 'typeorm';
import { describeDatabaseError, isDeadlockOrLockWait, isDuplicateKey, isOfClass, isUnavailable } from '../mysql-errors';
import { DESIRED_SCHEMA } from './desired-schema';
import type { SchemaCatalog } from './schema-catalog';
import { joinSql, SchemaIncomplete, type MissingStep, type RunOutcome, type SchemaSide } from './schema-report';
import type { SchemaStep } from './schema-step';

const TABLE_IN_USE = 'the table is in use';

/**
 * Goes through the steps that are not applied and, with `isAdding`, applies them. A step that the start does not need
 * may fail: it is reported, and the next run tries it again. Throws {@link SchemaIncomplete} when another step fails.
 */
export async function runSteps(
  runner: QueryRunner,
  which: SchemaSide,
  catalog: SchemaCatalog,
  isAdding: boolean,
): Promise<RunOutcome> {
  const outcome: RunOutcome = { applied: [], missing: [], duplicates: [] };
  const tablesInUse = new Set<string>();
  for (const step of DESIRED_SCHEMA[which].steps.filter((one) => !one.isApplied(catalog))) {
    const obstacle = await step.findObstacle?.(runner, catalog);
    outcome.duplicates.push(...(obstacle?.duplicates ?? []));
    const reason = obstacle?.reason ?? (isAdding ? await addStep(runner, step, tablesInUse) : undefined);
    if (isAdding && reason === undefined) {
      outcome.applied.push(step.name);
      continue;
    }
    const missing = missingStep(step, reason, obstacle?.statements);
    if (isAdding && missing.required) throw stepFailed(which, missing);
    outcome.missing.push(missing);
  }
  return outcome;
}

/** `missing` lists every missing step when none could be tried. */
export function stepFailed(which: SchemaSide, step: MissingStep, missing = [step]): SchemaIncomplete {
  const why = `could not ${step.name}: ${step.reason ?? 'not tried'}`;
  return new SchemaIncomplete(`schema of ${which}: ${why}; run this by hand:\n${joinSql(missing).trim()}`, missing);
}

/** Applies the step. Returns why it could not; undefined when the step is applied. */
async function addStep(runner: QueryRunner, step: SchemaStep, tablesInUse: Set<string>): Promise<string | undefined> {
  // While a statement waits for a table's lock, later queries on the table wait too: a run waits once for each table.
  if (tablesInUse.has(step.table)) return TABLE_IN_USE;
  try {
    await runner.query(step.sql);
    return undefined;
  } catch (error) {
    if (isUnavailable(error)) throw error;
    // Another process, which did not hold the lock, was faster.
    if (isOfClass(error, 'alreadyThere')) return undefined;
    // A duplicate was written while the key was built; the next check lists it.
    if (isDuplicateKey(error)) return 'a duplicate came in meanwhile';
    if (!isDeadlockOrLockWait(error)) return describeDatabaseError(error);
    // The start needs this step, and a conflict passes, so the caller tries again.
    if (step.stops === 'start') throw error;
    tablesInUse.add(step.table);
    return TABLE_IN_USE;
  }
}

function missingStep(
  { name, sql, stops }: SchemaStep,
  reason: string | undefined,
  before: readonly string[] = [],
): MissingStep {
  const statements = [...before, sql].join(';\n');
  return { name, sql: statements, required: stops === 'start', stops, ...(reason !== undefined && { reason }) };
}

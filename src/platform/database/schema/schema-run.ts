import type { QueryRunner } from 'typeorm';
import { describeDatabaseError, isDeadlockOrLockWait, isDuplicateKey, isOfClass, isUnavailable } from '../mysql-errors';
import { DESIRED_SCHEMA } from './desired-schema';
import type { SchemaCatalog } from './schema-catalog';
import { joinSql, SchemaIncomplete, type MissingStep, type RunOutcome, type SchemaSide } from './schema-report';
import type { SchemaStep } from './schema-step';

const TABLE_IN_USE = 'the table is in use';

/**
 * Goes through the steps that are not applied yet, and adds them if that is asked for. A step without which the service
 * starts all the same may fail: it is reported, and tried again by the next run. Throws {@link SchemaIncomplete} for the others.
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

/** `missing` is all that is, where nothing could be tried at all. */
export function stepFailed(which: SchemaSide, step: MissingStep, missing = [step]): SchemaIncomplete {
  const why = `could not ${step.name}: ${step.reason ?? 'not tried'}`;
  return new SchemaIncomplete(`schema of ${which}: ${why}; run this by hand:\n${joinSql(missing).trim()}`, missing);
}

/** Why the step could not be added; undefined when it is there. */
async function addStep(runner: QueryRunner, step: SchemaStep, tablesInUse: Set<string>): Promise<string | undefined> {
  // Each wait for such a table holds up all its later queries, so a run waits for each table once.
  if (tablesInUse.has(step.table)) return TABLE_IN_USE;
  try {
    await runner.query(step.sql);
    return undefined;
  } catch (error) {
    if (isUnavailable(error)) throw error;
    // A process without the lock was quicker.
    if (isOfClass(error, 'alreadyThere')) return undefined;
    // A duplicate written while the key was being built; it is listed by the next look.
    if (isDuplicateKey(error)) return 'a duplicate came in meanwhile';
    if (!isDeadlockOrLockWait(error)) return describeDatabaseError(error);
    // Without this step there is no start, and a conflict passes.
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

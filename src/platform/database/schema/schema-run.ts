import {
  describeDatabaseError,
  isDeadlockOrLockWait,
  isDuplicateKey,
  isUnavailable,
  safeDatabaseError,
} from '../mysql-errors';
import { findDuplicates } from './duplicates.query';
import { findRepeatedIds } from './repeated-ids.query';
import { readCatalog, type SchemaCatalog, type SqlRunner } from './schema-catalog';
import { type DuplicateGroup, type MissingStep, type SchemaSide, SchemaStepError } from './schema-report';
import type { SchemaStep } from './schema-step';

export interface RunOutcome {
  applied: string[];
  missing: MissingStep[];
  duplicates: DuplicateGroup[];
}

const ALREADY_THERE = new Set([1050, 1060, 1061]);
const TABLE_IN_USE = 'the table is in use';

/**
 * Tables found in use, by the connection of one run. Every wait for such a table holds up all its later queries, so a
 * run waits for each table once.
 */
const tablesInUse = new WeakMap<SqlRunner, Set<string>>();

/** Applies what is not there yet. Steps that are not required may fail; they are reported and tried again next time. */
export async function applySteps(runner: SqlRunner, which: SchemaSide, steps: SchemaStep[]): Promise<RunOutcome> {
  const catalog = await readCatalog(runner);
  const outcome: RunOutcome = { applied: [], missing: [], duplicates: [] };
  for (const step of steps.filter((candidate) => !candidate.isApplied(catalog))) {
    const obstacle = await obstacleTo(runner, step, catalog, outcome);
    const reason = obstacle?.reason ?? (await reasonOfFailure(runner, step));
    if (reason === undefined) outcome.applied.push(step.name);
    else if (step.stops === 'start') throw new SchemaStepError(which, missingStep(step, reason));
    else outcome.missing.push(missingStep(step, reason, obstacle?.statements));
  }
  return outcome;
}

/** The same look, with nothing changed. */
export async function inspectSteps(
  runner: SqlRunner,
  catalog: SchemaCatalog,
  steps: SchemaStep[],
): Promise<RunOutcome> {
  const outcome: RunOutcome = { applied: [], missing: [], duplicates: [] };
  for (const step of steps.filter((candidate) => !candidate.isApplied(catalog))) {
    const obstacle = await obstacleTo(runner, step, catalog, outcome);
    outcome.missing.push(missingStep(step, obstacle?.reason, obstacle?.statements));
  }
  return outcome;
}

interface Obstacle {
  readonly reason: string;
  /** What takes it away. */
  readonly statements?: readonly string[];
}

/** Rows that would break a unique key; those of living records are listed in the outcome. */
async function obstacleTo(
  runner: SqlRunner,
  step: SchemaStep,
  catalog: SchemaCatalog,
  outcome: RunOutcome,
): Promise<Obstacle | undefined> {
  if (step.uniqueId) return findRepeatedIds(runner, step.table, step.uniqueId.isProjection);
  const duplicates = await duplicatesBefore(runner, step, catalog);
  outcome.duplicates.push(...duplicates);
  return duplicates.length > 0 ? { reason: duplicatesReason(duplicates) } : undefined;
}

async function duplicatesBefore(
  runner: SqlRunner,
  step: SchemaStep,
  catalog: SchemaCatalog,
): Promise<DuplicateGroup[]> {
  const table = step.living && catalog.tables.get(step.living.table);
  const needed = ['tm_delete', 'customer_id', step.living?.valueColumn ?? ''];
  if (step.living === undefined || !needed.every((column) => table?.columns.has(column))) return [];
  return findDuplicates(runner, step.living);
}

async function reasonOfFailure(runner: SqlRunner, step: SchemaStep): Promise<string | undefined> {
  const inUse = tablesInUse.get(runner) ?? new Set<string>();
  tablesInUse.set(runner, inUse);
  if (inUse.has(step.table)) return TABLE_IN_USE;
  try {
    await runner.query(step.sql);
    return undefined;
  } catch (error) {
    if (isUnavailable(error)) throw error;
    // Another process without the lock was quicker: the table, column or key is there now.
    if (ALREADY_THERE.has(safeDatabaseError(error).errno ?? 0)) return undefined;
    if (isDeadlockOrLockWait(error)) {
      // Without this step there is no start, and a conflict passes.
      if (step.stops === 'start') throw error;
      inUse.add(step.table);
      return TABLE_IN_USE;
    }
    // A duplicate written while the key was being built; it is listed by the next look.
    return isDuplicateKey(error) ? 'a duplicate came in meanwhile' : describeDatabaseError(error);
  }
}

function duplicatesReason(duplicates: DuplicateGroup[]): string {
  return `${duplicates.length} duplicate value(s) among living rows`;
}

function missingStep(
  { name, sql, stops }: SchemaStep,
  reason: string | undefined,
  before: readonly string[] = [],
): MissingStep {
  const statements = [...before, sql].join(';\n');
  return { name, sql: statements, required: stops === 'start', stops, ...(reason !== undefined && { reason }) };
}

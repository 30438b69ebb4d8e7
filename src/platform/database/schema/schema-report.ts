export type SchemaSide = 'bin' | 'asterisk';

/**
 * What does not work without it. `start`: nothing. `writes`: a change that we made could not be right. `registrations`:
 * Asterisk's own writes fail, ours do not. `nothing`: all works, if slower or less exactly.
 */
export type Stops = 'start' | 'writes' | 'registrations' | 'nothing';

export interface MissingStep {
  name: string;
  sql: string;
  /** The service does not start without it. */
  required: boolean;
  stops: Stops;
  /** Why it could not be applied; absent when nobody tried. */
  reason?: string;
}

/** Living rows that share what must be unique; the key waits until one of them is left. */
export interface DuplicateGroup {
  table: string;
  key: string;
  value: string;
  rows: { id: string; customerId: string }[];
}

/** What is not as it must be, and that we do not change ourselves. */
export interface SchemaProblem {
  /** In words, without a row's values. */
  text: string;
  stops: Stops;
  /** What mends it; absent where a statement cannot. */
  sql?: string;
}

export interface SchemaReport {
  which: SchemaSide;
  /** Names of the steps this run applied, in order. */
  applied: string[];
  missing: MissingStep[];
  duplicates: DuplicateGroup[];
  /** What existing tables cannot hold; for a person to decide on. */
  problems: SchemaProblem[];
}

/** One thing that keeps a schema from being right. */
export interface Fault {
  readonly text: string;
  readonly stops: Stops;
  readonly sql?: string;
}

/** A required step could not be applied; the message holds the SQL for whoever may run it. */
export class SchemaStepError extends Error {
  override readonly name = 'SchemaStepError';

  constructor(
    readonly which: SchemaSide,
    readonly step: MissingStep,
    /** All that is missing, where nothing was tried at all. */
    readonly missing: readonly MissingStep[] = [step],
  ) {
    const sql = joinSql(missing).trim();
    super(`schema of ${which}: could not ${step.name}: ${step.reason ?? 'not tried'}; run this by hand:\n${sql}`);
  }
}

export function hasAllRequired(report: SchemaReport): boolean {
  return report.missing.every(({ required }) => !required);
}

/** What must be mended before all can work, the steps first. */
export function faultsOf({ missing, problems }: SchemaReport): Fault[] {
  const steps = missing.map(({ name, reason, stops, sql }) => ({
    text: reason === undefined ? `${name}: not done` : `${name}: ${reason}`,
    stops,
    sql,
  }));
  return [...steps, ...problems].filter(({ stops }) => stops !== 'nothing');
}

/** Whether a change of ours could not be right. */
export function refusesWrites(report: SchemaReport): boolean {
  return faultsOf(report).some(({ stops }) => stops === 'start' || stops === 'writes');
}

/** The statements to run by hand, in order. */
export function sqlToRun({ missing, problems }: SchemaReport): string {
  return joinSql([...missing, ...problems]);
}

/** Each statement once: what is wrong with one column is mended by one. */
export function joinSql(faults: readonly { readonly sql?: string }[]): string {
  const statements = faults.flatMap(({ sql }) => (sql === undefined ? [] : [`${sql};\n`]));
  return [...new Set(statements)].join('');
}

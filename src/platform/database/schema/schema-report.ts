export type SchemaSide = 'bin' | 'asterisk';

export interface MissingStep {
  name: string;
  sql: string;
  required: boolean;
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

export interface SchemaReport {
  which: SchemaSide;
  /** Names of the steps this run applied, in order. */
  applied: string[];
  missing: MissingStep[];
  duplicates: DuplicateGroup[];
  /** What existing tables cannot hold; for a person to decide on. */
  problems: string[];
}

/** A required step could not be applied; the message holds the SQL for whoever may run it. */
export class SchemaStepError extends Error {
  override readonly name = 'SchemaStepError';

  constructor(
    readonly which: SchemaSide,
    readonly step: MissingStep,
  ) {
    super(`schema of ${which}: could not ${step.name}: ${step.reason ?? 'not tried'}; run this by hand:\n${step.sql};`);
  }
}

export function hasAllRequired(report: SchemaReport): boolean {
  return report.missing.every(({ required }) => !required);
}

/** The statements to run by hand, in order. */
export function sqlToRun(report: SchemaReport): string {
  return report.missing.map(({ sql }) => `${sql};\n`).join('');
}

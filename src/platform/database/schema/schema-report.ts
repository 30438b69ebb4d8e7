export type SchemaSide = 'bin' | 'asterisk';

/**
 * What does not work without it. `start`: nothing. `writes`: a change that we made could not be right. `registrations`:
 * Asterisk's own writes fail, ours do not. `nothing`: all works, if slower or less exactly.
 */
export type Stops = 'start' | 'writes' | 'registrations' | 'nothing';

/** One thing that keeps a schema from being right. */
export interface Fault {
  /** In words, without a row's values. */
  readonly text: string;
  readonly stops: Stops;
  /** What mends it; absent where a statement cannot. */
  readonly sql?: string;
}

/** A statement of ours that is still to be run. */
export interface MissingStep {
  readonly name: string;
  readonly sql: string;
  /** The service does not start without it. */
  readonly required: boolean;
  readonly stops: Stops;
  /** Why it could not be applied; absent when it was not tried. */
  readonly reason?: string;
}

/** Living rows that share what must be unique; the key waits until one of them is left. */
export interface DuplicateGroup {
  table: string;
  key: string;
  value: string;
  rows: { id: string; customerId: string }[];
}

/** What a run over the steps did and found. */
export interface RunOutcome {
  /** Names of the steps that it applied, in order. */
  readonly applied: string[];
  readonly missing: MissingStep[];
  readonly duplicates: DuplicateGroup[];
}

export interface SchemaReport extends RunOutcome {
  readonly which: SchemaSide;
  /** What existing tables cannot hold; for a person to decide on. */
  readonly problems: Fault[];
}

/** Something required is missing, and the service may not or cannot make it; the message holds the SQL to run. */
export class SchemaIncomplete extends Error {
  override readonly name = 'SchemaIncomplete';

  constructor(
    message: string,
    /** What could not be made. */
    readonly missing: readonly MissingStep[] = [],
  ) {
    super(message);
  }
}

/** What must be mended before all can work, the steps first. */
export function faultsOf({ missing, problems }: SchemaReport): Fault[] {
  const steps = missing.map(({ name, reason = 'not done', stops, sql }) => ({
    text: `${name}: ${reason}`,
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

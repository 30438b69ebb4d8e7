export type SchemaSide = 'bin' | 'asterisk';

/**
 * What a fault stops. `start`: the service does not start. `writes`: the tables could not hold our changes correctly.
 * `registrations`: Asterisk cannot write contacts, our changes work. `nothing`: all works, perhaps slower or less
 * exactly.
 */
export type Stops = 'start' | 'writes' | 'registrations' | 'nothing';

/** A difference from the desired schema. */
export interface Fault {
  /** In words, without a row's values. */
  readonly text: string;
  readonly stops: Stops;
  /** The statement that mends it; absent where no statement can. */
  readonly sql?: string;
}

/** A step of the desired schema that is not applied. */
export interface MissingStep {
  readonly name: string;
  readonly sql: string;
  /** The service does not start without it. */
  readonly required: boolean;
  readonly stops: Stops;
  /** Why it cannot be applied; absent when no reason is known. */
  readonly reason?: string;
}

/** Living rows that share a value that must be unique; the key can be added when only one of them is left. */
export interface DuplicateGroup {
  table: string;
  key: string;
  value: string;
  rows: { id: string; customerId: string }[];
}

/** What a run over the steps applied and found. */
export interface RunOutcome {
  /** Names of the applied steps, in order. */
  readonly applied: string[];
  readonly missing: MissingStep[];
  readonly duplicates: DuplicateGroup[];
}

export interface SchemaReport extends RunOutcome {
  readonly which: SchemaSide;
  /** Faults that the service does not mend; an operator decides. */
  readonly problems: Fault[];
}

/** A required step is missing, and the service may not or cannot apply it; the message holds the SQL to run. */
export class SchemaIncomplete extends Error {
  override readonly name = 'SchemaIncomplete';

  constructor(
    message: string,
    /** The steps that are not applied. */
    readonly missing: readonly MissingStep[] = [],
  ) {
    super(message);
  }
}

/** The faults that stop something, in the order in which they can be mended. */
export function faultsOf(report: SchemaReport): Fault[] {
  return inOrder(report).filter(({ stops }) => stops !== 'nothing');
}

/**
 * The problems to mend before the missing steps, because a key needs its column, and those to mend after them: a column
 * that the server counts up needs its key.
 */
export function aroundSteps(problems: readonly Fault[]): [before: Fault[], after: Fault[]] {
  const needsKey = ({ sql = '' }: Fault): boolean => sql.includes(' AUTO_INCREMENT');
  return [problems.filter((problem) => !needsKey(problem)), problems.filter(needsKey)];
}

function inOrder({ missing, problems }: SchemaReport): Fault[] {
  const steps = missing.map(({ name, reason = 'not done', stops, sql }) => ({
    text: `${name}: ${reason}`,
    stops,
    sql,
  }));
  const [before, after] = aroundSteps(problems);
  return [...before, ...steps, ...after];
}

/** Whether the tables could not hold a change correctly. */
export function refusesWrites(report: SchemaReport): boolean {
  return faultsOf(report).some(({ stops }) => stops === 'start' || stops === 'writes');
}

/** The statements to run by hand, in order. */
export function sqlToRun(report: SchemaReport): string {
  return joinSql(inOrder(report));
}

/** Each statement once: all faults of one column have the same statement. */
export function joinSql(faults: readonly { readonly sql?: string }[]): string {
  const statements = faults.flatMap(({ sql }) => (sql === undefined ? [] : [`${sql};\n`]));
  return [...new Set(statements)].join('');
}

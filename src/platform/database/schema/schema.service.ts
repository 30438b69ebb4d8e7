import { Injectable } from '@nestjs/common';
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { LockRefused } from '../lock/lock-request';
import { describeDatabaseError, isUnavailable } from '../mysql-errors';
import { DESIRED_SCHEMA } from './desired-schema';
import { readCatalog, rowsOf, type SchemaCatalog } from './schema-catalog';
import { withSchemaLock } from '../lock/schema-lock';
import { type SchemaReport, type SchemaSide, SchemaStepError } from './schema-report';
import { applySteps, inspectSteps, type RunOutcome } from './schema-run';
import { findProblems } from './table-check';

export type SchemaLog = (level: 'info' | 'warn', message: string, facts: Record<string, unknown>) => void;

const NO_LOCK = 'so nothing was changed: run the SQL by hand, and set DATABASE_MIGRATE=verify to be asked no more';
const LOCK_TIMEOUT_MS = 60_000;
/** Short: whoever waits for a table lock makes every later query on that table wait behind it. */
const TABLE_LOCK_WAIT_SECONDS = 5;

/** Brings both databases to the desired schema, by adding only, or says what is missing. */
@Injectable()
export class SchemaApplier {
  constructor(
    private readonly log: SchemaLog = () => undefined,
    private readonly lockTimeoutMs: number = LOCK_TIMEOUT_MS,
  ) {}

  /** Looks without changing anything. */
  async verify(dataSource: DataSource, which: SchemaSide): Promise<SchemaReport> {
    return withConnection(dataSource, async (runner) => {
      const catalog = await readCatalog(runner);
      return this.report(catalog, which, await inspectSteps(runner, catalog, DESIRED_SCHEMA[which]), []);
    });
  }

  /**
   * Looks first: with nothing to do no lock is asked for. Throws when something required cannot be had; everything else is
   * in the report and tried again next time.
   */
  async apply(dataSource: DataSource, which: SchemaSide): Promise<SchemaReport> {
    return withConnection(dataSource, async (runner) => {
      const before = await readCatalog(runner);
      const found = await inspectSteps(runner, before, DESIRED_SCHEMA[which]);
      const isDone = found.missing.length === 0 && (await hasAllRecorded(dataSource, runner, before));
      if (isDone) return this.report(before, which, found, []);
      const notes: string[] = [];
      const outcome = await this.applyAlone(dataSource, runner, before.database, which, notes);
      const after = await readCatalog(runner);
      const seen = outcome ?? (await inspectSteps(runner, after, DESIRED_SCHEMA[which]));
      const lacking = seen.missing.find(({ required }) => required);
      if (lacking) throw new SchemaStepError(which, { ...lacking, reason: notes.join('; ') }, seen.missing);
      return this.report(after, which, seen, notes);
    });
  }

  /** Undefined, and a note of why, when the lock cannot be had. */
  private async applyAlone(
    dataSource: DataSource,
    runner: QueryRunner,
    database: string,
    which: SchemaSide,
    notes: string[],
  ): Promise<RunOutcome | undefined> {
    let outcome: RunOutcome | undefined;
    try {
      const locked = await withSchemaLock(runner, database, this.lockTimeoutMs, async () => {
        outcome = await withShortLockWait(runner, async () => {
          const byMigrations = await this.runMigrations(dataSource, runner, which, notes);
          const byDrift = await applySteps(runner, which, DESIRED_SCHEMA[which]);
          return { ...byDrift, applied: [...byMigrations, ...byDrift.applied] };
        });
      });
      if (!locked) notes.push('another process held the schema lock for the whole time');
    } catch (error) {
      if (!(error instanceof LockRefused)) throw error;
      notes.push(`${error.message}, ${NO_LOCK}`);
    }
    return outcome;
  }

  /** The names of the steps that pending migrations applied. */
  private async runMigrations(
    dataSource: DataSource,
    runner: QueryRunner,
    which: SchemaSide,
    notes: string[],
  ): Promise<string[]> {
    const before = await readCatalog(runner);
    const executor = new MigrationExecutor(dataSource, runner);
    // The servers commit at every schema statement anyway.
    executor.transaction = 'none';
    try {
      await executor.executePendingMigrations();
    } catch (error) {
      if (error instanceof SchemaStepError || isUnavailable(error)) throw error;
      // Without its own table TypeORM cannot keep its books; what counts is the schema, and the steps look for themselves.
      notes.push(`the migrations could not be recorded: ${describeDatabaseError(error)}`);
    }
    const after = await readCatalog(runner);
    return DESIRED_SCHEMA[which]
      .filter((step) => !step.isApplied(before) && step.isApplied(after))
      .map(({ name }) => name);
  }

  private report(catalog: SchemaCatalog, which: SchemaSide, outcome: RunOutcome, notes: string[]): SchemaReport {
    const problems = [...notes.map((text) => ({ text, stops: 'nothing' as const })), ...findProblems(catalog, which)];
    for (const name of outcome.applied) this.log('info', 'schema step applied', { which, step: name });
    for (const { name, required, reason } of outcome.missing) {
      this.log('warn', 'schema step missing', { which, step: name, required, reason });
    }
    for (const group of outcome.duplicates) this.log('warn', 'living rows share a unique value', { which, ...group });
    for (const { text } of problems) this.log('warn', 'schema problem', { which, problem: text });
    return { which, ...outcome, problems };
  }
}

async function withConnection<T>(dataSource: DataSource, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.connect();
    return await work(runner);
  } finally {
    await runner.release();
  }
}

/** Whether TypeORM's books are complete, too; without them the migrations would run, which asks for the lock. */
async function hasAllRecorded(
  { migrations, options }: DataSource,
  runner: QueryRunner,
  { tables }: SchemaCatalog,
): Promise<boolean> {
  const table = options.migrationsTableName ?? 'migrations';
  if (!tables.has(table)) return false;
  const recorded = new Set((await rowsOf(runner, `select name from ${table}`)).map(({ name }) => String(name)));
  return migrations.every((migration) => recorded.has(migration.constructor.name));
}

/** The connection goes back to the pool as it came. An index on a large table may take longer than any query may. */
async function withShortLockWait<T>(runner: QueryRunner, work: () => Promise<T>): Promise<T> {
  const [before] = await rowsOf(
    runner,
    'select @@session.lock_wait_timeout as lockWait /*M!100100 , @@session.max_statement_time as statementTime */',
  );
  const set = (lockWait: number, statementTime: number): string =>
    `set session lock_wait_timeout = ${lockWait} /*M!100100 , max_statement_time = ${statementTime} */`;
  await runner.query(set(TABLE_LOCK_WAIT_SECONDS, 0));
  try {
    return await work();
  } finally {
    const restore = set(Number(before?.['lockWait'] ?? 50), Number(before?.['statementTime'] ?? 0));
    await runner.query(restore).catch(() => undefined);
  }
}

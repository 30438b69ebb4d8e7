import type { DataSource, QueryRunner } from 'typeorm';
import type { EndpointDefaults } from '../../config/endpoint-defaults';
import { LockRefused, withSchemaLock } from '../lock/named-lock';
import { defaultsProblems } from './endpoint-defaults.check';
import { readCatalog, rowsOf } from './schema-catalog';
import type { RunOutcome, SchemaReport, SchemaSide } from './schema-report';
import { runSteps, stepFailed } from './schema-run';
import { findProblems } from './table-check';

const NO_LOCK = 'so nothing was changed: run the SQL by hand, and set DATABASE_MIGRATE=verify';
const LOCK_TIMEOUT_MS = 60_000;
/** Short: while a statement waits for a table's lock, every later query on that table waits behind it. */
const TABLE_LOCK_WAIT_SECONDS = 5;

interface ApplierOptions {
  readonly lockTimeoutMs?: number;
  /** What the tables of asterisk must take in new rows besides the service's own columns. */
  readonly defaults?: EndpointDefaults;
}

/**
 * Compares a database with the desired schema and adds what is missing. It keeps no versions: the tables are shared.
 */
export class SchemaApplier {
  private readonly lockTimeoutMs: number;
  private readonly defaults: EndpointDefaults | undefined;

  constructor({ lockTimeoutMs = LOCK_TIMEOUT_MS, defaults }: ApplierOptions = {}) {
    this.lockTimeoutMs = lockTimeoutMs;
    this.defaults = defaults;
  }

  /** Compares without a change. */
  async verify(dataSource: DataSource, which: SchemaSide): Promise<SchemaReport> {
    return withConnection(dataSource, (runner) => this.look(runner, which));
  }

  /**
   * Compares first, and asks for no lock when nothing is missing. Throws `SchemaIncomplete` when a required step is not
   * applied; other missing steps are in the report, and the next run tries them again.
   */
  async apply(dataSource: DataSource, which: SchemaSide): Promise<SchemaReport> {
    return withConnection(dataSource, async (runner) => {
      const found = await this.look(runner, which);
      if (found.missing.length === 0) return found;
      const notes: string[] = [];
      const outcome = await this.addAlone(runner, which, notes);
      const report = await this.look(runner, which, outcome);
      const lacking = report.missing.find(({ required }) => required);
      if (lacking) throw stepFailed(which, { ...lacking, reason: notes.join('; ') }, report.missing);
      return {
        ...report,
        problems: [...notes.map((text) => ({ text, stops: 'nothing' as const })), ...report.problems],
      };
    });
  }

  /** With the outcome of a run, reports the missing steps and reasons of that run. */
  private async look(runner: QueryRunner, which: SchemaSide, outcome?: RunOutcome): Promise<SchemaReport> {
    const catalog = await readCatalog(runner);
    const found = outcome ?? (await runSteps(runner, which, catalog, false));
    const ofDefaults =
      which === 'asterisk' && this.defaults !== undefined ? defaultsProblems(catalog, this.defaults) : [];
    return { which, ...found, problems: [...findProblems(catalog, which), ...ofDefaults] };
  }

  /** Undefined, with a note of the reason, when the lock is not given. */
  private async addAlone(runner: QueryRunner, which: SchemaSide, notes: string[]): Promise<RunOutcome | undefined> {
    let outcome: RunOutcome | undefined;
    try {
      const isAlone = await withSchemaLock(runner, this.lockTimeoutMs, async () => {
        const add = async (): Promise<RunOutcome> => runSteps(runner, which, await readCatalog(runner), true);
        outcome = await withShortLockWait(runner, add);
      });
      if (!isAlone) notes.push('another process held the schema lock for the whole time');
    } catch (error) {
      if (!(error instanceof LockRefused)) throw error;
      notes.push(`${error.message}, ${NO_LOCK}`);
    }
    return outcome;
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

/** Restores the limits of the session afterwards. An index on a large table may take longer than a query may. */
async function withShortLockWait<T>(runner: QueryRunner, work: () => Promise<T>): Promise<T> {
  const [before] = await rowsOf(
    runner,
    'select @@session.lock_wait_timeout as lockWait /*M!100100 , @@session.max_statement_time as statementTime */',
  );
  const set = (lockWait: unknown, statementTime: unknown): Promise<unknown> => {
    const limits = `lock_wait_timeout = ${Number(lockWait)} /*M!100100 , max_statement_time = ${Number(statementTime)} */`;
    return runner.query(`set session ${limits}`);
  };
  await set(TABLE_LOCK_WAIT_SECONDS, 0);
  try {
    return await work();
  } finally {
    await set(before?.['lockWait'] ?? 50, before?.['statementTime'] ?? 0).catch(() => undefined);
  }
}

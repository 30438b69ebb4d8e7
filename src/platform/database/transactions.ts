import { Injectable } from '@nestjs/common';
import type { EntityManager, QueryRunner } from 'typeorm';
import { ServiceError, unavailable } from '../errors/service-error';
import { Milestones } from '../milestones/milestones';
import { AsteriskDatabase, BinDatabase } from './source/databases';
import { remainingMs } from '../observability/request-context';
import type { Database } from './source/database';
import { isDeadlockOrLockWait } from './mysql-errors';

const ATTEMPTS = 4;
const JITTER_MS = 40;
/** What two commits need. With less than this the caller would hear 503 and find the change done all the same. */
const COMMIT_RESERVE_MS = 200;

/** An open transaction on each database. */
export interface OpenTransactions {
  readonly bin: EntityManager;
  readonly asterisk: EntityManager;
}

/**
 * The first COMMIT was sent and what came after is not known to have worked: record and login may disagree until the
 * outcome is resolved.
 */
export class UncertainOutcome extends ServiceError {
  /** What became of the record, once that is known. */
  record: 'alive' | 'gone' | 'unknown' = 'unknown';

  constructor(cause: unknown) {
    super('UNAVAILABLE', 'DEPENDENCY_UNAVAILABLE', 'The change could not be completed. Please try again.', { cause });
  }
}

/** Transactions on either database, and on both with a commit order that keeps "a login exists only if its record exists". */
@Injectable()
export class Transactions {
  constructor(
    private readonly binDatabase: BinDatabase,
    private readonly asteriskDatabase: AsteriskDatabase,
    private readonly milestones: Milestones,
  ) {}

  /** Throws `SCHEMA_INCOMPLETE` when what is to be written could not be right. */
  async assertWritable(): Promise<void> {
    await this.binDatabase.assertWritable();
    await this.asteriskDatabase.assertWritable();
  }

  async bin<T>(work: (bin: EntityManager) => Promise<T>): Promise<T> {
    await this.binDatabase.assertWritable();
    return this.single(this.binDatabase, work);
  }

  /** For what only takes away, which is right whatever the tables are like. */
  removalFromBin<T>(work: (bin: EntityManager) => Promise<T>): Promise<T> {
    return this.single(this.binDatabase, work);
  }

  /** Likewise: registrations are all that is changed there alone. */
  asterisk<T>(work: (asterisk: EntityManager) => Promise<T>): Promise<T> {
    return this.single(this.asteriskDatabase, work);
  }

  /** For what adds or changes a login: the record is durable before the login is. */
  async recordCommitsFirst<T>(operation: string, work: (open: OpenTransactions) => Promise<T>): Promise<T> {
    await this.assertWritable();
    return this.both(operation, ['bin', 'asterisk'], work);
  }

  /** For what removes a login: the login is gone before the record is. */
  loginCommitsFirst<T>(operation: string, work: (open: OpenTransactions) => Promise<T>): Promise<T> {
    return this.both(operation, ['asterisk', 'bin'], work);
  }

  private single<T>(database: Database, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.retrying(database.name, async () => {
      const progress = { isCommitting: false };
      try {
        return await database.withRunner(async (runner) => {
          try {
            await runner.startTransaction();
            const result = await work(runner.manager);
            await this.milestones.reached(`${database.name}:before-commit`);
            progress.isCommitting = true;
            await runner.commitTransaction();
            await this.milestones.reached(`${database.name}:committed`);
            return result;
          } catch (error) {
            await rollBack(runner);
            throw error;
          }
        });
      } catch (error) {
        // Here and not where the runner is lent: the deadline may cut a COMMIT off.
        throw progress.isCommitting && !isDeadlockOrLockWait(error) ? new UncertainOutcome(error) : error;
      }
    });
  }

  private both<T>(
    operation: string,
    order: readonly ['bin', 'asterisk'] | readonly ['asterisk', 'bin'],
    work: (open: OpenTransactions) => Promise<T>,
  ): Promise<T> {
    return this.retrying(operation, async () => {
      const progress = { begun: 0, done: 0 };
      try {
        return await this.binDatabase.withRunner((bin) =>
          this.asteriskDatabase.withRunner((asterisk) => this.run(operation, { bin, asterisk }, order, work, progress)),
        );
      } catch (error) {
        // A conflict that the first COMMIT meets has rolled everything back.
        const isWhole = progress.done === 0 && isDeadlockOrLockWait(error);
        throw progress.begun > 0 && !isWhole ? new UncertainOutcome(error) : error;
      }
    });
  }

  private async run<T>(
    operation: string,
    runners: { bin: QueryRunner; asterisk: QueryRunner },
    order: readonly ('bin' | 'asterisk')[],
    work: (open: OpenTransactions) => Promise<T>,
    progress: { begun: number; done: number },
  ): Promise<T> {
    try {
      await Promise.all([runners.bin.startTransaction(), runners.asterisk.startTransaction()]);
      const result = await work({ bin: runners.bin.manager, asterisk: runners.asterisk.manager });
      if (remainingMs() < COMMIT_RESERVE_MS) throw unavailable(operation, new Error('no time is left to commit'));
      for (const name of order) {
        await this.milestones.reached(`${operation}:before-commit-${name}`);
        progress.begun++;
        await runners[name].commitTransaction();
        progress.done++;
      }
      await this.milestones.reached(`${operation}:committed`);
      return result;
    } catch (error) {
      await Promise.all([rollBack(runners.bin), rollBack(runners.asterisk)]);
      throw error;
    }
  }

  /** A deadlock or a lost lock wait restarts the whole work from BEGIN; the last try's caller sees the first error. */
  private async retrying<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    let first: unknown;
    for (let n = 1; n <= ATTEMPTS; n++) {
      try {
        return await attempt();
      } catch (error) {
        if (!isDeadlockOrLockWait(error)) throw first !== undefined && isOurDeadline(error) ? busy(what, first) : error;
        first ??= error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * JITTER_MS * n));
      }
    }
    throw busy(what, first);
  }
}

function busy(what: string, cause: unknown): ServiceError {
  return unavailable(`${what} (rows are locked)`, cause);
}

function isOurDeadline(error: unknown): boolean {
  return error instanceof ServiceError && error.status === 'UNAVAILABLE' && !(error instanceof UncertainOutcome);
}

/** A rollback that fails hides nothing: the connection is gone, and the server rolls back by itself. */
async function rollBack(runner: QueryRunner): Promise<void> {
  if (!runner.isTransactionActive) return;
  await runner.rollbackTransaction().catch(() => undefined);
}

import { Injectable } from '@nestjs/common';
import type { EntityManager, QueryRunner } from 'typeorm';
import { ServiceError, unavailable } from '../errors/service-error';
import { Milestones } from '../milestones/milestones';
import { AsteriskDatabase, BinDatabase } from './source/databases';
import { remainingMs } from '../observability/request-context';
import type { Database } from './source/database';
import { WorkAfterCommit } from './after-commit';
import { isDeadlockOrLockWait } from './mysql-errors';

const ATTEMPTS = 4;
const JITTER_MS = 40;
/** Time that two commits need. With less, the caller could get 503 for a change that is committed. */
const COMMIT_RESERVE_MS = 200;

/** An open transaction on each database. */
export interface OpenTransactions {
  readonly bin: EntityManager;
  readonly asterisk: EntityManager;
}

/** A COMMIT was sent, and not all commits are known to have succeeded: record and login may disagree until resolved. */
export class UncertainOutcome extends ServiceError {
  /** The state of the record, once it is known. */
  record: 'alive' | 'gone' | 'unknown' = 'unknown';

  constructor(cause: unknown) {
    super('UNAVAILABLE', 'DEPENDENCY_UNAVAILABLE', 'The change could not be completed. Please try again.', { cause });
  }
}

/** Transactions on one database, or on both in the order that keeps "a login exists only if its record exists". */
@Injectable()
export class Transactions {
  constructor(
    private readonly binDatabase: BinDatabase,
    private readonly asteriskDatabase: AsteriskDatabase,
    private readonly milestones: Milestones,
  ) {}

  /** Throws `SCHEMA_INCOMPLETE` when the tables cannot hold a change correctly. */
  async assertWritable(): Promise<void> {
    await this.binDatabase.assertWritable();
    await this.asteriskDatabase.assertWritable();
  }

  async bin<T>(work: (bin: EntityManager) => Promise<T>): Promise<T> {
    await this.binDatabase.assertWritable();
    return this.single(this.binDatabase, work);
  }

  /** For a removal, which needs no check of the schema. */
  removalFromBin<T>(work: (bin: EntityManager) => Promise<T>): Promise<T> {
    return this.single(this.binDatabase, work);
  }

  /** Work on asterisk alone. It needs no check of the schema, because it only removes contacts. */
  asterisk<T>(work: (asterisk: EntityManager) => Promise<T>): Promise<T> {
    return this.single(this.asteriskDatabase, work);
  }

  /** For a change that adds or alters a login: the record is committed before the login. */
  async recordCommitsFirst<T>(operation: string, work: (open: OpenTransactions) => Promise<T>): Promise<T> {
    await this.assertWritable();
    return this.both(operation, ['bin', 'asterisk'], work);
  }

  /** For a change that removes a login: the removal of the login is committed before that of the record. */
  loginCommitsFirst<T>(operation: string, work: (open: OpenTransactions) => Promise<T>): Promise<T> {
    return this.both(operation, ['asterisk', 'bin'], work);
  }

  private single<T>(database: Database, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.retrying(database.name, async () => {
      const progress = { isCommitting: false };
      const follow = new WorkAfterCommit();
      try {
        const result = await database.withRunner(async (runner) => {
          try {
            follow.of(runner.manager);
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
        await follow.do();
        return result;
      } catch (error) {
        // Caught here, outside `withRunner`, because its deadline may cut a COMMIT off.
        if (!progress.isCommitting || isDeadlockOrLockWait(error)) throw error;
        void follow.do();
        throw new UncertainOutcome(error);
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
      const follow = new WorkAfterCommit();
      try {
        const result = await this.binDatabase.withRunner((bin) =>
          this.asteriskDatabase.withRunner((asterisk) => {
            follow.of(asterisk.manager);
            return this.run(operation, { bin, asterisk }, order, work, progress);
          }),
        );
        await follow.do();
        return result;
      } catch (error) {
        // A conflict at the first COMMIT has rolled everything back.
        const isWhole = progress.done === 0 && isDeadlockOrLockWait(error);
        if (progress.begun === 0 || isWhole) throw error;
        void follow.do();
        throw new UncertainOutcome(error);
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

  /**
   * After a deadlock or a lock wait the whole work starts again from BEGIN. The last error has the first one as its
   * cause.
   */
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

/** A failed rollback can be ignored: the connection is gone, and the server rolls back by itself. */
async function rollBack(runner: QueryRunner): Promise<void> {
  if (!runner.isTransactionActive) return;
  await runner.rollbackTransaction().catch(() => undefined);
}

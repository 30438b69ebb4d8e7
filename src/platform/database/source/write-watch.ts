import { setTimeout as delay } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { HealthRegistry } from '../../observability/health/health-registry';
import { Metrics } from '../../observability/metrics/metrics';
import { describeDatabaseError, isDeadlockOrLockWait } from '../mysql-errors';
import type { Database } from './database';
import { AsteriskDatabase, BinDatabase } from './databases';
import { checkWrites, notWritable, obstacleOf } from './write-check';

const EVERY_MS = 5_000;
/** A full disk refuses real rows, but not a check that writes none: an error that a change met counts for this long. */
const REMEMBERED_MS = 30_000;

interface State {
  found: unknown;
  met: { readonly error: Error; readonly at: number } | undefined;
}

/**
 * Checks in the background whether each database takes writes. It only reports: reads are still served, and a fail-over
 * must not make every replica unready at once.
 */
@Injectable()
export class WriteWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private watching: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly bin: BinDatabase,
    private readonly asterisk: AsteriskDatabase,
    private readonly metrics: Metrics,
    private readonly health: HealthRegistry,
  ) {}

  onApplicationBootstrap(): void {
    this.watching = Promise.all([this.watch(this.bin), this.watch(this.asterisk)]);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.watching;
  }

  private async watch(database: Database): Promise<void> {
    const state: State = { found: undefined, met: undefined };
    const { signal } = this.stopping;
    database.onFailure((error) => this.note(database, state, error));
    this.health.register({
      name: `database-${database.name}-writes`,
      kind: 'degrading',
      check: () => tell(state),
    });
    while (!signal.aborted) {
      await this.check(database, state);
      await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async check(database: Database, state: State): Promise<void> {
    try {
      await checkWrites(database);
      state.found = undefined;
    } catch (error) {
      // A conflict with another session does not tell whether the table can be written.
      if (!isDeadlockOrLockWait(error)) state.found = error;
    }
    if (state.met !== undefined && Date.now() - state.met.at > REMEMBERED_MS) state.met = undefined;
    this.measure(database, state);
  }

  private note(database: Database, state: State, error: unknown): void {
    const obstacle = obstacleOf(error);
    if (obstacle !== 'DISK_FULL') return;
    state.met = { error: notWritable(database.name, obstacle, describeDatabaseError(error), error), at: Date.now() };
    this.measure(database, state);
  }

  private measure(database: Database, state: State): void {
    this.metrics.databaseWritable(database.name, troubleOf(state) === undefined);
  }
}

function troubleOf({ found, met }: State): unknown {
  return found ?? met?.error;
}

function tell(state: State): Promise<void> {
  const trouble = troubleOf(state);
  if (trouble === undefined) return Promise.resolve();
  return Promise.reject(trouble instanceof Error ? trouble : new Error('nothing can be written'));
}

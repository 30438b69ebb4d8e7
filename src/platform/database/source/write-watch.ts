import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { HealthRegistry } from '../../observability/health/health-registry';
import { Metrics } from '../../observability/metrics/metrics';
import type { Database } from './database';
import { AsteriskDatabase, BinDatabase } from './databases';
import { isDeadlockOrLockWait, describeDatabaseError } from '../mysql-errors';
import { checkWrites, notWritable, obstacleOf } from './write-check';

const EVERY_MS = 5_000;
/** A full disk refuses real rows, and shows no check that writes none: what a change has met counts for so long. */
const REMEMBERED_MS = 30_000;

interface State {
  found: unknown;
  met: { readonly error: Error; readonly at: number } | undefined;
}

/**
 * Knows whether each database can be written, beside the requests. Only told: reads are served all the same, and a
 * fail-over must not take every replica out at once.
 */
@Injectable()
export class WriteWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly states = new Map<string, State>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly running = new Set<Promise<void>>();
  private isStopped = false;

  constructor(
    private readonly bin: BinDatabase,
    private readonly asterisk: AsteriskDatabase,
    private readonly metrics: Metrics,
    private readonly health: HealthRegistry,
  ) {}

  onApplicationBootstrap(): void {
    for (const database of [this.bin, this.asterisk]) {
      const state: State = { found: undefined, met: undefined };
      this.states.set(database.name, state);
      database.onFailure((error) => this.note(database, state, error));
      this.health.register({
        name: `database-${database.name}-writes`,
        kind: 'degrading',
        check: () => tell(state),
      });
      this.look(database, state);
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    await Promise.all(this.running);
  }

  private look(database: Database, state: State): void {
    const check = this.check(database, state).finally(() => {
      this.running.delete(check);
      if (this.isStopped) return;
      this.timers.set(
        database.name,
        setTimeout(() => this.look(database, state), EVERY_MS),
      );
    });
    this.running.add(check);
  }

  private async check(database: Database, state: State): Promise<void> {
    try {
      await checkWrites(database);
      state.found = undefined;
    } catch (error) {
      // Somebody holds a table: that says nothing about whether it can be written.
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

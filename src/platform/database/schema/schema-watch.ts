import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Log } from '../../observability/log/logger';
import { withTimeout } from '../../observability/timeout';
import type { Database } from '../source/database';
import { AsteriskDatabase, BinDatabase } from '../source/databases';
import { SchemaGuard } from './schema-guard';

/** After a look that found a fault: somebody may be mending it. */
const FAULTY_MS = 10_000;
/** Somebody may change the tables of a service that runs. */
const SOUND_MS = 600_000;
/** A connection that went silent ends no look by itself. */
const LOOK_MS = 60_000;
/** A look may scan a table; then it is done less often. */
const PAUSE_TO_WORK = 20;

/** Looks at the schemas again from time to time, so that readiness tells what is true now without asking at each probe. */
@Injectable()
export class SchemaWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private isStopped = false;

  constructor(
    private readonly guard: SchemaGuard,
    private readonly bin: BinDatabase,
    private readonly asterisk: AsteriskDatabase,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    for (const database of [this.bin, this.asterisk]) this.schedule(database, 0);
  }

  /** A look changes no row, so it is not waited for. */
  beforeApplicationShutdown(): void {
    this.isStopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  private schedule(database: Database, tookMs: number): void {
    if (this.isStopped) return;
    const pause = Math.max(this.guard.isAtFault(database) ? FAULTY_MS : SOUND_MS, tookMs * PAUSE_TO_WORK);
    this.timers.set(
      database.name,
      setTimeout(() => void this.look(database), pause),
    );
  }

  private async look(database: Database): Promise<void> {
    const startedAt = performance.now();
    try {
      await withTimeout(() => this.guard.recheck(database), LOOK_MS);
    } catch (error) {
      if (!this.isStopped) this.log.warning('The schema could not be looked at', { database: database.name, error });
    }
    this.schedule(database, performance.now() - startedAt);
  }
}

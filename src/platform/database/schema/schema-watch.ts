import { setTimeout as delay } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Log } from '../../observability/log/logger';
import { withTimeout } from '../../observability/timeout';
import type { Database } from '../source/database';
import { AsteriskDatabase, BinDatabase } from '../source/databases';
import { SchemaGuard } from './schema-guard';

/** After a look that found a fault: an operator may be mending it. */
const FAULTY_MS = 10_000;
/** The tables may change while the service runs. */
const SOUND_MS = 600_000;
/** A connection that went silent ends no look by itself. */
const LOOK_MS = 60_000;
/** A look may scan a table; then it is done less often. */
const PAUSE_TO_WORK = 20;

/** Looks at the schemas again from time to time, so that readiness tells what is true now without asking at each probe. */
@Injectable()
export class SchemaWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();

  constructor(
    private readonly guard: SchemaGuard,
    private readonly bin: BinDatabase,
    private readonly asterisk: AsteriskDatabase,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    for (const database of [this.bin, this.asterisk]) void this.watch(database);
  }

  /** A look changes no row, so it is not waited for. */
  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  private async watch(database: Database): Promise<void> {
    const { signal } = this.stopping;
    let tookMs = 0;
    for (;;) {
      const pauseMs = Math.max(this.guard.isAtFault(database) ? FAULTY_MS : SOUND_MS, tookMs * PAUSE_TO_WORK);
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const startedAt = performance.now();
      await this.look(database);
      tookMs = performance.now() - startedAt;
    }
  }

  private async look(database: Database): Promise<void> {
    try {
      await withTimeout(() => this.guard.recheck(database), LOOK_MS);
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      this.log.warning('The schema could not be looked at', { database: database.name, error });
    }
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Log } from '../../observability/log/logger';
import { withTimeout } from '../../observability/timeout';
import type { Database } from '../source/database';
import { AsteriskDatabase, BinDatabase } from '../source/databases';
import { SchemaGuard } from './schema-guard';

/** The pause after a check that found a fault: an operator may be mending it. */
const FAULTY_MS = 10_000;
/** The pause after a check without a fault: the tables may change while the service runs. */
const SOUND_MS = 600_000;
/** A check on a connection that went silent does not end by itself. */
const LOOK_MS = 60_000;
/** A check may scan a table: the pause is at least this many times as long as the check. */
const PAUSE_TO_WORK = 20;

/** Checks the schemas from time to time, so that readiness is up to date without a query at each probe. */
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

  /** Does not wait for a running check, which changes no row. */
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
      this.log.warning('The schema could not be checked', { database: database.name, error });
    }
  }
}

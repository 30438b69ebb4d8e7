import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../platform/config/config';
import { BinDatabase } from '../platform/database/databases';
import { parseDsn } from '../platform/database/dsn';
import { tryHold } from '../platform/database/named-lock';
import { SchemaGuard } from '../platform/database/schema-guard';
import { Log } from '../platform/observability/logger';
import { ReconcileService } from './reconcile.service';

const LOCK = 'reconcile';
/** Until the first run of this process is done: a crash may have left something behind. */
const FIRST_RETRY_MS = 2_000;
const RETRY_MS = 30_000;

type Outcome = 'done' | 'elsewhere' | 'failed';

/** Runs at start and from time to time, in the background, on one replica at a time. */
@Injectable()
export class ReconcileSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private hasRun = false;

  constructor(
    private readonly config: Config,
    private readonly reconcile: ReconcileService,
    private readonly schema: SchemaGuard,
    private readonly bin: BinDatabase,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule(0);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort(new Error('the service is shutting down'));
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(delayMs: number): void {
    this.timer = setTimeout(() => {
      this.running = this.attempt().then((outcome) => {
        this.hasRun ||= outcome === 'done';
        const next = this.delayAfter(outcome);
        if (next !== undefined && !this.stopping.signal.aborted) this.schedule(next);
      });
    }, delayMs);
  }

  private delayAfter(outcome: Outcome): number | undefined {
    if (!this.hasRun) return FIRST_RETRY_MS;
    const intervalMs = this.config.reconcileIntervalSeconds * 1_000;
    if (intervalMs === 0) return undefined;
    return outcome === 'failed' ? Math.min(intervalMs, RETRY_MS) : intervalMs;
  }

  private async attempt(): Promise<Outcome> {
    try {
      const lock = await tryHold(parseDsn(this.config.databaseDsnBin), LOCK);
      if (lock === undefined) return 'elsewhere';
      try {
        if (!this.schema.isComplete(this.bin)) await this.schema.ensure(this.bin);
        await this.reconcile.run({ dryRun: false, signal: AbortSignal.any([this.stopping.signal, lock.lost]) });
        return 'done';
      } finally {
        await lock.release();
      }
    } catch (error) {
      if (!this.stopping.signal.aborted) this.log.warning('Records and SIP rows could not be compared', { error });
      return 'failed';
    }
  }
}

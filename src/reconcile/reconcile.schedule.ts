import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../platform/config/config';
import { BinDatabase } from '../platform/database/source/databases';
import { LockRefused, tryHold, type HeldLock } from '../platform/database/lock/named-lock';
import { SchemaGuard } from '../platform/database/schema/schema-guard';
import { withTimeout } from '../platform/observability/timeout';
import { Log } from '../platform/observability/log/logger';
import { ReconcileService } from './reconcile.service';

const LOCK = 'reconcile';
/** Retry time until a run of this process has read everything: a crash may have left differences. */
const FIRST_RETRY_MS = 2_000;
const RETRY_MS = 30_000;
/** How long a statement of an aborted run may still take. */
const ABORT_TIMEOUT_MS = 3_000;
/** How long a run may take to end once its statement is cut off. */
const CUT_OFF_MS = 2_000;
/** Requests have the rest of the time. */
const SHARE = 0.4;
const NO_LOCK = 'The database server refuses GET_LOCK: every replica compares records and SIP rows by itself';

/** A run that was continued has not read again what the interrupted one had read, perhaps before a crash. */
type Outcome = 'done' | 'continued' | 'elsewhere' | 'failed';

/** Runs at start and at intervals, in the background, on one replica at a time if the server has named locks. */
@Injectable()
export class ReconcileSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly cutOff = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private hasReadAll = false;
  private hasLoggedRefusal = false;

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
    // A statement on a connection that went silent would hold up the shutdown, and so would a change of the schema.
    const cutting = setTimeout(() => this.cutOff.abort(), ABORT_TIMEOUT_MS);
    await withTimeout(async () => this.running, ABORT_TIMEOUT_MS + CUT_OFF_MS).catch(() => undefined);
    clearTimeout(cutting);
  }

  private schedule(delayMs: number): void {
    this.timer = setTimeout(() => {
      this.running = this.attempt().then((outcome) => {
        this.hasReadAll = outcome !== 'continued' && (this.hasReadAll || outcome === 'done');
        const next = this.delayAfter(outcome);
        if (next !== undefined && !this.stopping.signal.aborted) this.schedule(next);
      });
    }, delayMs);
  }

  private delayAfter(outcome: Outcome): number | undefined {
    if (outcome === 'continued') return 0;
    if (!this.hasReadAll) return FIRST_RETRY_MS;
    const intervalMs = this.config.reconcileIntervalSeconds * 1_000;
    if (intervalMs === 0) return undefined;
    return outcome === 'failed' ? Math.min(intervalMs, RETRY_MS) : intervalMs;
  }

  private async attempt(): Promise<Outcome> {
    try {
      const lock = await this.lock();
      if (lock === 'elsewhere') return 'elsewhere';
      const signals = lock === 'none' ? [this.stopping.signal] : [this.stopping.signal, lock.lost];
      try {
        if (!this.schema.isComplete(this.bin)) await this.schema.ensure(this.bin);
        // Replicas that run at the same time cannot share a position.
        const series = lock === 'none' ? {} : ({ series: 'service', lost: lock.lost } as const);
        let outcome: Outcome = 'done';
        const onContinue = (): void => void (outcome = 'continued');
        const signal = AbortSignal.any(signals);
        const options = { dryRun: false, signal, cutOff: this.cutOff.signal, share: SHARE, onContinue };
        await this.reconcile.run({ ...options, ...series });
        return outcome;
      } finally {
        if (lock !== 'none') await lock.release();
      }
    } catch (error) {
      if (!this.stopping.signal.aborted) this.log.warning('Records and SIP rows could not be compared', { error });
      return 'failed';
    }
  }

  /**
   * Without named locks, replicas run at the same time. That is safe, because each repair locks its rows, but more
   * work.
   */
  private async lock(): Promise<HeldLock | 'elsewhere' | 'none'> {
    try {
      return (await tryHold(await this.bin.address(), LOCK)) ?? 'elsewhere';
    } catch (error) {
      if (!(error instanceof LockRefused)) throw error;
      if (!this.hasLoggedRefusal) this.log.warning(NO_LOCK, { error });
      this.hasLoggedRefusal = true;
      return 'none';
    }
  }
}

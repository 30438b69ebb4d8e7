import { Inject, Injectable } from '@nestjs/common';
import { tryHold, type HeldLock } from '../platform/database/lock/named-lock';
import { AsteriskDatabase, BinDatabase } from '../platform/database/source/databases';
import { estimateRows } from '../platform/database/table-sizes';
import { Log } from '../platform/observability/log/logger';
import { Metrics } from '../platform/observability/metrics/metrics';
import { RequestContext, runInContext } from '../platform/observability/request-context';
import { parseUuid } from '../platform/wire/go-uuid';
import { isRepairable, type Difference, type ReconcileReport } from './drift';
import { PositionStore, type SeriesKey } from './position.store';
import { ReconcileRun, type RunOptions, type RunProgress } from './reconcile.run';
import { walk, type Step } from './step';

/** The steps, in order. */
export const STEPS = Symbol('reconcile-steps');

/** Log lines for each run; the last line gives the number of those left out. */
const LINES_A_RUN = 100;

/** An interrupted run loses at most so much of its work. */
const SAVE_EVERY_MS = 5_000;
const TELL_EVERY_MS = 3_000;

/**
 * Compares records with the rows that Asterisk and Kamailio read; the records decide which logins and credentials
 * exist. Goes through each table in key order, a chunk at a time, while requests are served.
 */
@Injectable()
export class ReconcileService {
  constructor(
    @Inject(STEPS) private readonly steps: readonly Step[],
    private readonly positions: PositionStore,
    private readonly bin: BinDatabase,
    private readonly asterisk: AsteriskDatabase,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** Throws when a database is away, and the reason of the signal when the run is aborted. */
  run(options: RunOptions): Promise<ReconcileReport> {
    const { series, ...others } = options;
    return runInContext(new RequestContext(undefined, Infinity, false, options.cutOff), async () => {
      if (series !== 'command') return this.compare(options);
      const lock = await this.lock(options.dryRun);
      if (lock === undefined) return this.compare(others);
      try {
        return await this.compare({ ...options, lost: lock.lost });
      } finally {
        await lock.release();
      }
    });
  }

  /** Runs by hand at the same time cannot share a position; one without the lock begins at the start and saves none. */
  private async lock(dryRun: boolean): Promise<HeldLock | undefined> {
    const purpose = dryRun ? 'reconcile.dry-run' : 'reconcile.repair';
    try {
      return await tryHold(await this.bin.address(), purpose);
    } catch {
      return undefined;
    }
  }

  private async compare(options: RunOptions): Promise<ReconcileReport> {
    const lines = new CappedLines(LINES_A_RUN);
    const key = options.series && { series: options.series, dryRun: options.dryRun };
    const run = await this.begin(key, {
      ...options,
      onDifference: (difference) => {
        this.count(difference, options.dryRun);
        const what = isRepairable(difference) ? 'A difference was repaired' : 'An account has no password';
        if (!options.dryRun) lines.write(() => this.log.warning(what, { ...difference }));
        options.onDifference?.(difference);
      },
      onFailure: (subject, id, error) => {
        lines.write(() => this.log.error('A difference could not be repaired', { subject, id, error }));
        options.onFailure?.(subject, id, error);
      },
    });
    const stop = await this.accompany(key, run, options);
    try {
      await this.go(run).finally(stop);
    } catch (error) {
      // The next run begins at the start, so that a place where every run fails does not hide what is before it.
      if (run.isStuck && options.signal?.aborted !== true) await this.remove(key, run);
      else await this.save(key, run);
      throw error;
    }
    await this.remove(key, run);
    const report = run.report();
    this.finish(report, lines.left);
    return report;
  }

  private async begin(key: SeriesKey | undefined, options: RunOptions): Promise<ReconcileRun> {
    const found = key && options.fromStart !== true ? await this.positions.find(key) : undefined;
    const step = this.steps.find(({ name }) => name === found?.step);
    const isOfUse = step && found && (step.keys === 'text' || found.after === '' || parseUuid(found.after));
    if (isOfUse) options.onContinue?.(new Date(found.savedAt));
    return new ReconcileRun(options, isOfUse ? found : undefined);
  }

  /** Saves and tells by timers where the run is, also while it waits for a database. */
  private async accompany(key: SeriesKey | undefined, run: ReconcileRun, options: RunOptions): Promise<() => void> {
    const { onProgress } = options;
    const sizes = onProgress ? [...(await estimateRows(this.bin)), ...(await estimateRows(this.asterisk))] : [];
    const timers = [
      setInterval(() => void this.save(key, run), SAVE_EVERY_MS),
      setInterval(() => onProgress?.(this.progressOf(run, new Map(sizes))), TELL_EVERY_MS),
    ];
    return () => timers.forEach((timer) => clearInterval(timer));
  }

  private async go(run: ReconcileRun): Promise<void> {
    const first = Math.max(
      0,
      this.steps.findIndex(({ name }) => name === run.at.step),
    );
    for (const step of this.steps.slice(first)) {
      if (!step.isNeeded(run)) continue;
      run.enter(step.name);
      await walk(step, run);
    }
  }

  private progressOf(run: ReconcileRun, sizes: ReadonlyMap<string, number>): RunProgress {
    const { step: name, rows } = run.at;
    const at = this.steps.findIndex((step) => step.name === name);
    return { step: at + 1, steps: this.steps.length, name, rows, of: sizes.get(this.steps[at]?.table ?? '') };
  }

  private async save(key: SeriesKey | undefined, run: ReconcileRun): Promise<void> {
    const position = run.position();
    if (key && position && run.ownsPosition) await this.positions.save(key, position);
  }

  private async remove(key: SeriesKey | undefined, run: ReconcileRun): Promise<void> {
    if (key && run.ownsPosition) await this.positions.remove(key, run.id);
  }

  private count(difference: Difference, dryRun: boolean): void {
    if (dryRun || !isRepairable(difference)) return;
    this.metrics.driftFound(difference.kind);
    this.metrics.driftRepaired(difference.kind);
  }

  private finish(report: ReconcileReport, notLogged: number): void {
    this.metrics.openAccounts(report.found.open_account);
    if (report.failed > 0) this.metrics.compensationFailed('reconcile');
    if (!report.dryRun) this.metrics.reconciled(report.durationMs);
    this.log.info('Records and SIP rows were compared', { ...report, not_logged: notLogged });
  }
}

class CappedLines {
  private written = 0;
  left = 0;

  constructor(private readonly limit: number) {}

  write(line: () => void): void {
    if (this.written < this.limit) line();
    else this.left++;
    this.written++;
  }
}

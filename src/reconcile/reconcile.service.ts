import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Log } from '../platform/observability/log/logger';
import { Metrics } from '../platform/observability/metrics/metrics';
import { RequestContext, runInContext } from '../platform/observability/request-context';
import { isRepairable, type Difference, type ReconcileReport } from './drift';
import { walk, type Pass } from './pass';
import { ReconcileRun, type RunOptions } from './reconcile.run';

/** The passes, in order. */
export const PASSES = Symbol('reconcile-passes');

/** Log lines for each run; the last line gives the number of those left out. */
const LINES_A_RUN = 100;

/**
 * Compares records with the rows that Asterisk and Kamailio read; the records decide which logins and credentials
 * exist. Goes through each table in key order, a chunk at a time, while requests are served.
 */
@Injectable()
export class ReconcileService {
  constructor(
    @Inject(PASSES) private readonly passes: readonly Pass<string | { readonly id: string }>[],
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** Throws when a database is away, and the reason of the signal when the run is aborted. */
  run(options: RunOptions): Promise<ReconcileReport> {
    return runInContext(new RequestContext(randomUUID()), () => this.compare(options));
  }

  private async compare(options: RunOptions): Promise<ReconcileReport> {
    const lines = new CappedLines(LINES_A_RUN);
    const run = new ReconcileRun({
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
    for (const pass of this.passes) await walk(pass, run);
    const report = run.report();
    this.finish(report, lines.left);
    return report;
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

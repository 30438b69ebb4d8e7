import { setTimeout as pause } from 'node:timers/promises';
import { isRepairable, noDrift, type Difference, type Finding, type ReconcileReport } from './drift';

export interface RunOptions {
  /** Reports differences and changes nothing. */
  readonly dryRun: boolean;
  readonly signal?: AbortSignal;
  /** Called for each difference, after its repair unless this is a dry run. */
  readonly onDifference?: (difference: Difference) => void;
  readonly onFailure?: (subject: Difference['subject'], id: string, error: unknown) => void;
}

/** A run in progress: its options, its counts, and some ids. It holds no rows. */
export class ReconcileRun {
  readonly dryRun: boolean;
  /** Auth and AOR ids of living records that differ from the endpoint id; this service never creates such ids. */
  readonly unusualIds = new Set<string>();
  /** Logins without a record that a dry run has reported: it meets their other rows again. */
  readonly reportedLogins = new Set<string>();
  private readonly counts = { extensions: 0, trunks: 0, foreign: 0, failed: 0 };
  private readonly found = noDrift();
  private readonly repaired = noDrift();
  private readonly startedAt = performance.now();

  constructor(private readonly options: RunOptions) {
    this.dryRun = options.dryRun;
  }

  saw(what: 'extensions' | 'trunks' | 'foreign'): void {
    this.counts[what]++;
  }

  /** Throws when the run has been aborted. */
  checkpoint(): void {
    this.options.signal?.throwIfAborted();
  }

  async pause(ms: number): Promise<void> {
    await pause(ms, undefined, this.options.signal && { signal: this.options.signal });
  }

  /** Records the findings for one suspect. A failure is counted and does not end the run. */
  async attempt(subject: Difference['subject'], id: string, work: () => Promise<readonly Finding[]>): Promise<void> {
    this.checkpoint();
    let findings: readonly Finding[];
    try {
      findings = await work();
    } catch (error) {
      this.counts.failed++;
      this.options.onFailure?.(subject, id, error);
      return;
    }
    for (const finding of findings) this.record({ subject, id, ...finding });
  }

  report(): ReconcileReport {
    return {
      dryRun: this.dryRun,
      ...this.counts,
      found: { ...this.found },
      repaired: { ...this.repaired },
      durationMs: performance.now() - this.startedAt,
    };
  }

  private record(difference: Difference): void {
    this.found[difference.kind]++;
    if (!this.dryRun && isRepairable(difference)) this.repaired[difference.kind]++;
    this.options.onDifference?.(difference);
  }
}

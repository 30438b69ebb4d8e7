import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Digest } from './digest';
import { isRepairable, noDrift, type Difference, type Finding, type ReconcileReport } from './drift';
import { VERSION, type Position, type positionOf, type RunCounts } from './position';
import type { RunSeries } from './position.store';

export interface RunOptions {
  /** Reports differences and changes nothing. */
  readonly dryRun: boolean;
  readonly signal?: AbortSignal;
  /** Cuts off the statement that the run waits for; the run has then to be aborted, too. */
  readonly cutOff?: AbortSignal;
  /** Called for each difference, after its repair unless this is a dry run. */
  readonly onDifference?: (difference: Difference) => void;
  readonly onFailure?: (subject: Difference['subject'], id: string, error: unknown) => void;
  /** Continues the interrupted run of this series, if there is one, and can itself be continued. */
  readonly series?: RunSeries;
  /** Aborted when another run of the series may have begun: this one no longer saves its place. */
  readonly lost?: AbortSignal;
  /** Begins at the start, also after an interrupted run. */
  readonly fromStart?: boolean;
  /** The share of the time in which the run works, so that requests have the rest; 1 by default. */
  readonly share?: number;
  /** Called every few seconds. */
  readonly onProgress?: (progress: RunProgress) => void;
  /** Called when the run continues an interrupted one. */
  readonly onContinue?: (interruptedAt: Date) => void;
}

export interface RunProgress {
  /** The number of the step, from 1. */
  readonly step: number;
  readonly steps: number;
  /** What is done with which table. */
  readonly name: string;
  readonly rows: number;
  /** The server's estimate of the rows of the table. */
  readonly of: number | undefined;
}

/** An interrupted run cannot be continued when it holds more of these ids. */
const UNUSUAL_IDS_KEPT = 1_000;

/** A run in progress: its options, its counts, its digest, and some ids. It holds no rows. */
export class ReconcileRun {
  readonly id: string;
  readonly dryRun: boolean;
  readonly digest: Digest;
  /** Auth and AOR ids of living records that differ from the endpoint id; this service never creates such ids. */
  readonly unusualIds: Set<string>;
  /** Logins without a record that a dry run has reported: it meets their other rows again. */
  readonly reportedLogins = new Set<string>();
  private readonly counts: { -readonly [Count in keyof RunCounts]: number };
  private readonly found: ReturnType<typeof noDrift>;
  private readonly repaired: ReturnType<typeof noDrift>;
  private readonly startedAt: number;
  private readonly clockAtStart: number;
  private hasMoved: boolean;
  private place: { step: string; after: string; rows: number };
  /** Rows read beyond the place. */
  private rowsAhead = 0;
  /** Failures before the place. */
  private failedBefore: number;
  /** What a run that goes on from the place does not find again: differences before it, and repaired ones. */
  private foundBefore: ReturnType<typeof noDrift>;

  constructor(
    private readonly options: RunOptions,
    from?: ReturnType<typeof positionOf>,
  ) {
    this.id = from?.runId ?? randomUUID();
    this.dryRun = options.dryRun;
    this.digest = from?.sums ?? new Digest();
    this.unusualIds = new Set(from?.unusualIds);
    this.counts = { extensions: 0, trunks: 0, foreign: 0, failed: 0, ...from?.counts };
    this.found = { ...noDrift(), ...from?.found };
    this.repaired = { ...noDrift(), ...from?.repaired };
    this.startedAt = from?.startedAt ?? Date.now();
    this.clockAtStart = performance.now() - (from?.elapsedMs ?? 0);
    this.hasMoved = from === undefined;
    this.place = { step: from?.step ?? '', after: from?.after ?? '', rows: from?.rows ?? 0 };
    this.failedBefore = this.counts.failed;
    this.foundBefore = { ...this.found };
  }

  saw(what: 'extensions' | 'trunks' | 'foreign'): void {
    this.counts[what]++;
  }

  /** Throws when the run has been aborted. */
  checkpoint(): void {
    this.options.signal?.throwIfAborted();
  }

  async pause(ms: number): Promise<void> {
    await pause(ms, undefined, this.options.signal && { signal: this.options.signal }).catch((error: unknown) => {
      // The timer throws an AbortError; the run ends with the reason of its signal.
      this.checkpoint();
      throw error;
    });
  }

  /** Where the run is. */
  get at(): Readonly<{ step: string; after: string; rows: number }> {
    return { ...this.place, rows: this.place.rows + this.rowsAhead };
  }

  /** True for a continued run that is still where it began. */
  get isStuck(): boolean {
    return !this.hasMoved;
  }

  enter(step: string): void {
    if (step === this.place.step) return;
    this.rowsAhead = 0;
    this.moveTo({ step, after: '', rows: 0 });
  }

  /** A chunk is done. Rests, so that requests have their share of the time. */
  async passed(after: string, rows: number, workedMs: number): Promise<void> {
    this.moveTo({ ...this.place, after, rows: this.place.rows + this.rowsAhead + rows });
    this.rowsAhead = 0;
    await this.rest(workedMs);
  }

  /** As {@link passed}, but a run that continues this one reads the chunk again. */
  async readAhead(rows: number, workedMs: number): Promise<void> {
    this.rowsAhead += rows;
    await this.rest(workedMs);
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
    // A suspect that failed is tried again when the run ends in this chunk, as when a database is away.
    if (this.counts.failed === this.failedBefore) this.moveTo({ ...this.place, after: id });
  }

  /** False when another run may have begun: the position in Redis may be that run's. */
  get ownsPosition(): boolean {
    return this.options.lost?.aborted !== true;
  }

  /** For the run that goes on from here; `undefined` when it could not. */
  position(): Position | undefined {
    if (this.unusualIds.size > UNUSUAL_IDS_KEPT) return undefined;
    return {
      version: VERSION,
      runId: this.id,
      ...this.place,
      counts: { ...this.counts, failed: this.failedBefore },
      found: { ...this.foundBefore },
      repaired: { ...this.repaired },
      elapsedMs: Math.round(performance.now() - this.clockAtStart),
      startedAt: this.startedAt,
      savedAt: Date.now(),
      unusualIds: [...this.unusualIds],
      digest: this.digest.toText(),
    };
  }

  report(): ReconcileReport {
    return {
      dryRun: this.dryRun,
      ...this.counts,
      found: { ...this.found },
      repaired: { ...this.repaired },
      durationMs: performance.now() - this.clockAtStart,
    };
  }

  private async rest(workedMs: number): Promise<void> {
    const { share = 1 } = this.options;
    if (share < 1) await this.pause(workedMs / share - workedMs);
  }

  private moveTo(place: ReconcileRun['place']): void {
    this.place = place;
    this.failedBefore = this.counts.failed;
    this.foundBefore = { ...this.found };
    this.hasMoved = true;
  }

  private record(difference: Difference): void {
    this.found[difference.kind]++;
    if (!this.dryRun && isRepairable(difference)) {
      this.repaired[difference.kind]++;
      this.foundBefore[difference.kind]++;
    }
    this.options.onDifference?.(difference);
  }
}

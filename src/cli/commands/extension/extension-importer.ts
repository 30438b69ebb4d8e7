import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError } from '../../../platform/errors/service-error';
import { RequestContext, runInContext } from '../../../platform/observability/request-context';
import { failureOf } from '../../terminal/failure';
import type { ExtensionReader } from '../../../extension/extension.reader';
import type { ExtensionWriter } from '../../../extension/extension.writer';
import type { ImportRow } from './extension-rows';

const ROW_BUDGET_MS = 15_000;
/** Delays between attempts at a row while a dependency is away; half a minute in all. */
export const RETRY_DELAYS_MS: readonly number[] = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

export interface ImportSummary {
  readonly total: number;
  created: number;
  /** Extensions that exist already with the same user name, as after an earlier run. */
  skipped: number;
  failed: number;
  generated_passwords: number;
  readonly failures: { at: string; reason: string }[];
  /** Rows that are not done, because the run was interrupted or a dependency stayed away. */
  left: number;
}

interface ImportListener {
  /** A row is done. */
  readonly onRow: () => void;
  /** A dependency went away; called once until a row succeeds again. */
  readonly onOutage: () => void;
}

interface ImportTarget {
  readonly reader: Pick<ExtensionReader, 'findByNumber'>;
  readonly writer: Pick<ExtensionWriter, 'create'>;
}

/** Creates rows, a few at a time. Skips existing extensions, so that the same file can be imported again. */
export class ExtensionImporter {
  readonly summary: ImportSummary;
  private readonly outages = new Outages();
  private isGivenUp = false;

  constructor(
    private readonly extensions: ImportTarget,
    private readonly rows: readonly ImportRow[],
    private readonly listener: ImportListener,
    private readonly retryDelaysMs: readonly number[] = RETRY_DELAYS_MS,
  ) {
    const none = { created: 0, skipped: 0, failed: 0, generated_passwords: 0, failures: [] };
    this.summary = { total: rows.length, ...none, left: rows.length };
  }

  /** True when a dependency stayed away; the rows that are left are for another run. */
  async run(concurrency: number, signal: AbortSignal): Promise<boolean> {
    const waiting = this.rows.values();
    const work = async (): Promise<void> => {
      for (const row of waiting) {
        if (signal.aborted || this.isGivenUp) return;
        if (await this.import(row, signal)) this.listener.onRow();
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    return this.isGivenUp;
  }

  /** False when the row is left for another run. */
  private async import(row: ImportRow, signal: AbortSignal): Promise<boolean> {
    const attempt = { wasTried: false };
    for (const delayMs of [...this.retryDelaysMs, undefined]) {
      const began = this.outages.attempt();
      try {
        await runInContext(new RequestContext(undefined, ROW_BUDGET_MS), () => this.attempt(row, attempt));
        this.outages.succeeded(began);
        this.summary.left--;
        return true;
      } catch (error) {
        if (!isUnavailable(error)) return this.refuse(row, error);
        if (this.outages.failed(began)) this.listener.onOutage();
      }
      if (delayMs === undefined || !(await this.waitsOut(delayMs, signal))) break;
    }
    this.isGivenUp ||= !signal.aborted;
    return false;
  }

  private refuse(row: ImportRow, error: unknown): true {
    this.summary.left--;
    this.summary.failed++;
    this.summary.failures.push({ at: row.at, reason: failureOf(error).lines.join(' ') });
    return true;
  }

  /** False when the run ended meanwhile. */
  private async waitsOut(delayMs: number, signal: AbortSignal): Promise<boolean> {
    await sleep(delayMs, undefined, { signal }).catch(() => undefined);
    return !signal.aborted && !this.isGivenUp;
  }

  private async attempt(row: ImportRow, attempt: { wasTried: boolean }): Promise<void> {
    if (await this.isThere(row)) {
      // An earlier attempt with an unknown outcome has created it.
      if (attempt.wasTried) this.count(row);
      else this.summary.skipped++;
      return;
    }
    attempt.wasTried = true;
    await this.extensions.writer.create(row.request);
    this.count(row);
  }

  private count({ hasGeneratedPassword }: ImportRow): void {
    this.summary.created++;
    if (hasGeneratedPassword) this.summary.generated_passwords++;
  }

  private async isThere({ request }: ImportRow): Promise<boolean> {
    const found = await this.extensions.reader.findByNumber(request.customerId, request.extension);
    return found !== undefined && found.username === (request.username || request.extension);
  }
}

/** Detects the begin of each outage. Rows run in parallel: one that began before an outage may end after it. */
class Outages {
  private clock = 0;
  private since: number | undefined;
  private over = 0;

  attempt(): number {
    return ++this.clock;
  }

  /** True for the first failure of an outage. */
  failed(began: number): boolean {
    if (this.since !== undefined || began <= this.over) return false;
    this.since = this.clock;
    return true;
  }

  succeeded(began: number): void {
    if (this.since === undefined || began <= this.since) return;
    this.since = undefined;
    this.over = this.clock;
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof ServiceError && error.status === 'UNAVAILABLE';
}

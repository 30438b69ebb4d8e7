import { randomUUID } from 'node:crypto';
import { ServiceError } from '../../platform/errors/service-error';
import { RequestContext, runInContext } from '../../platform/observability/request-context';
import { failureOf } from '../../platform/terminal/failure';
import { FindExtensionDto } from '../extension.dto';
import type { ExtensionService } from '../extension.service';
import type { ImportRow } from './extension-rows';

const ROW_BUDGET_MS = 15_000;

export interface ImportSummary {
  readonly total: number;
  created: number;
  /** There already with the same user name: an earlier run's work. */
  skipped: number;
  failed: number;
  generated_passwords: number;
  readonly failures: { at: string; reason: string }[];
  /** Rows that were not tried, because the run was interrupted or a dependency went away. */
  left: number;
}

/** Creates rows, a few at a time. What is there already is passed over, so that the same file can be given again. */
export class ExtensionImporter {
  readonly summary: ImportSummary;
  private isUnavailable = false;

  constructor(
    private readonly extensions: Pick<ExtensionService, 'create' | 'getByNumber'>,
    private readonly rows: readonly ImportRow[],
    private readonly onRow: () => void,
  ) {
    const none = { created: 0, skipped: 0, failed: 0, generated_passwords: 0, failures: [] };
    this.summary = { total: rows.length, ...none, left: rows.length };
  }

  /** True when a dependency went away; the rows after it were not tried. */
  async run(concurrency: number, signal: AbortSignal): Promise<boolean> {
    const waiting = this.rows.values();
    const work = async (): Promise<void> => {
      for (const row of waiting) {
        if (signal.aborted || this.isUnavailable) return;
        await runInContext(new RequestContext(randomUUID(), ROW_BUDGET_MS), () => this.import(row));
        this.onRow();
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    return this.isUnavailable;
  }

  private async import(row: ImportRow): Promise<void> {
    try {
      if (await this.isThere(row)) this.summary.skipped++;
      else await this.create(row);
      this.summary.left--;
    } catch (error) {
      this.isUnavailable ||= error instanceof ServiceError && error.status === 'UNAVAILABLE';
      // It was not refused, so the next run tries it again.
      if (this.isUnavailable) return;
      this.summary.left--;
      this.summary.failed++;
      this.summary.failures.push({ at: row.at, reason: failureOf(error).lines.join(' ') });
    }
  }

  private async create({ request, hasGeneratedPassword }: ImportRow): Promise<void> {
    await this.extensions.create(request);
    this.summary.created++;
    if (hasGeneratedPassword) this.summary.generated_passwords++;
  }

  private async isThere({ request }: ImportRow): Promise<boolean> {
    try {
      const owner = Object.assign(new FindExtensionDto(), { customerId: request.customerId });
      const found = await this.extensions.getByNumber(request.extension, owner);
      return found.username === (request.username || request.extension);
    } catch (error) {
      if (error instanceof ServiceError && error.status === 'NOT_FOUND') return false;
      throw error;
    }
  }
}

import { isOutage } from '../platform/errors/outage';

/** A single locked row may fail like an outage; this many such failures in a row count as one. */
const OUTAGES_IN_A_ROW = 16;

/** Some resources of a deleted customer could not be deleted, so the event must be retried. `errors` says why. */
export class CascadeIncomplete extends AggregateError {
  override readonly name = 'CascadeIncomplete';
}

/** The failures with one kind of a customer's resources: their number, and one example each of outage and defect. */
export class CascadeFailures {
  count = 0;
  private outage: unknown;
  private defect: unknown;
  private outagesInARow = 0;

  get examples(): readonly unknown[] {
    return [this.outage, this.defect].filter((error) => error !== undefined);
  }

  /** True when a dependency is away; false when only single resources fail. */
  get isOutage(): boolean {
    return this.outagesInARow >= OUTAGES_IN_A_ROW;
  }

  noteSuccess(): void {
    this.outagesInARow = 0;
  }

  add(error: unknown): void {
    this.count++;
    if (isOutage(error)) {
      this.outage ??= error;
      this.outagesInARow++;
    } else {
      this.defect ??= error ?? new Error('a failure without an error');
      this.outagesInARow = 0;
    }
  }
}

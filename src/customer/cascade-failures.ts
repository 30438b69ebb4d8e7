import { isOutage } from '../platform/errors/outage';

/** One row may be locked for long; so many in a row, and nothing in between that went, are an outage. */
const OUTAGES_IN_A_ROW = 16;

/** Some of a deleted customer's resources could not be deleted; the event must come again. Its `errors` say why. */
export class CascadeIncomplete extends AggregateError {
  override readonly name = 'CascadeIncomplete';
}

/** What went wrong with one kind of a customer's resources: how often, and an example of each sort of failure. */
export class CascadeFailures {
  count = 0;
  private outage: unknown;
  private defect: unknown;
  private outagesInARow = 0;

  get examples(): readonly unknown[] {
    return [this.outage, this.defect].filter((error) => error !== undefined);
  }

  /** Whether the dependency is away, rather than one resource out of reach. */
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

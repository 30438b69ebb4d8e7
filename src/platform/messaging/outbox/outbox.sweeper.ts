import { Injectable } from '@nestjs/common';
import { Milestones } from '../../milestones/milestones';
import { Log } from '../../observability/log/logger';
import { withBudget } from './outbox.backlog';
import { OutboxRepository } from './outbox.repository';

const GATHER_MS = 10;
const BATCH = 500;

interface Removal {
  readonly id: string;
  readonly resolve: () => void;
}

/**
 * Removes the rows of sent events, many in one statement. What is sent while a statement runs goes into the next one, so
 * that removals keep up however long a statement waits. An event whose row is not removed is sent again when the lease
 * ends: events go out at least once.
 */
@Injectable()
export class OutboxSweeper {
  private pending: Removal[] = [];
  private sweeping: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly rows: OutboxRepository,
    private readonly milestones: Milestones,
    private readonly log: Log,
  ) {}

  /** Resolves when the row is removed, or could not be removed. */
  remove(id: string): Promise<void> {
    const gone = new Promise<void>((resolve) => this.pending.push({ id, resolve }));
    if (this.sweeping === undefined) this.timer ??= setTimeout(() => void this.flush(), GATHER_MS);
    return gone;
  }

  /** Ends when nothing is left to remove. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    return (this.sweeping ??= this.sweepAll().finally(() => (this.sweeping = undefined)));
  }

  private async sweepAll(): Promise<void> {
    while (this.pending.length > 0) await this.sweep(this.pending.splice(0, BATCH));
  }

  private async sweep(removals: readonly Removal[]): Promise<void> {
    const ids = removals.map(({ id }) => id);
    try {
      await this.milestones.reached('outbox.sweep:before-remove');
      await withBudget(() => this.rows.remove(ids));
    } catch (error) {
      this.log.warning('Sent events could not be removed and will be sent again', { count: ids.length, error });
    } finally {
      for (const { resolve } of removals) resolve();
    }
  }
}

import { Injectable } from '@nestjs/common';
import { Milestones } from '../../milestones/milestones';
import { Log } from '../../observability/log/logger';
import { OutboxRepository } from './outbox.repository';

const GATHER_MS = 10;
const BATCH = 200;

interface Removal {
  readonly id: string;
  readonly resolve: () => void;
}

/**
 * Removes the rows of sent events, many in one statement. An event whose row is not removed is sent again when the
 * lease ends: events go out at least once.
 */
@Injectable()
export class OutboxSweeper {
  private pending: Removal[] = [];
  private sweeping: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly rows: OutboxRepository,
    private readonly milestones: Milestones,
    private readonly log: Log,
  ) {}

  /** Resolves when the row is removed, or could not be removed. */
  remove(id: string): Promise<void> {
    const gone = new Promise<void>((resolve) => this.pending.push({ id, resolve }));
    if (this.pending.length >= BATCH) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), GATHER_MS);
    return gone;
  }

  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const removals = this.pending;
    this.pending = [];
    if (removals.length > 0) this.sweeping = this.sweeping.then(() => this.sweep(removals));
    return this.sweeping;
  }

  private async sweep(removals: readonly Removal[]): Promise<void> {
    const ids = removals.map(({ id }) => id);
    try {
      await this.milestones.reached('outbox.sweep:before-remove');
      await this.rows.remove(ids);
    } catch (error) {
      this.log.warning('Sent events could not be removed and will be sent again', { count: ids.length, error });
    } finally {
      for (const { resolve } of removals) resolve();
    }
  }
}

import { Injectable } from '@nestjs/common';
import { Milestones } from '../../milestones/milestones';
import { Log } from '../../observability/log/logger';
import { runDetached } from '../../observability/request-context';
import { OutboxRepository } from './outbox.repository';

const GATHER_MS = 10;
const BATCH = 500;

interface Removal {
  readonly id: string;
  readonly resolve: (isGone: boolean) => void;
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

  /** Ends with the statement; false when it failed. */
  remove(id: string): Promise<boolean> {
    const gone = new Promise<boolean>((resolve) => this.pending.push({ id, resolve }));
    if (this.sweeping === undefined) this.timer ??= runDetached(() => setTimeout(() => void this.flush(), GATHER_MS));
    return gone;
  }

  /** Ends when nothing is left to remove. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    return (this.sweeping ??= runDetached(() => this.sweepAll()).finally(() => {
      this.sweeping = undefined;
      // What came between the end of the loop and this moment.
      if (this.pending.length > 0) void this.flush();
    }));
  }

  private async sweepAll(): Promise<void> {
    while (this.pending.length > 0) await this.sweep(this.pending.splice(0, BATCH));
  }

  private async sweep(removals: readonly Removal[]): Promise<void> {
    const ids = removals.map(({ id }) => id);
    const isGone = await this.removeAll(ids).then(
      () => true,
      (error: unknown) => {
        this.log.warning('Sent events could not be removed and will be sent again', { count: ids.length, error });
        return false;
      },
    );
    for (const { resolve } of removals) resolve(isGone);
  }

  private async removeAll(ids: readonly string[]): Promise<void> {
    await this.milestones.reached('outbox.sweep:before-remove');
    await this.rows.remove(ids);
  }
}

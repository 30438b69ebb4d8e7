import { Injectable } from '@nestjs/common';
import { Milestones } from '../../milestones/milestones';
import { Log } from '../../observability/logger';
import { OutboxRepository } from './outbox.repository';

const GATHER_MS = 10;
const BATCH = 200;

/**
 * Removes sent events, many in one statement. A row that is not removed is sent again when its lease runs out: events go
 * out at least once.
 */
@Injectable()
export class OutboxSweeper {
  private pending: string[] = [];
  private sweeping: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly rows: OutboxRepository,
    private readonly milestones: Milestones,
    private readonly log: Log,
  ) {}

  remove(id: string): void {
    this.pending.push(id);
    if (this.pending.length >= BATCH) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), GATHER_MS);
  }

  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const ids = this.pending;
    this.pending = [];
    if (ids.length > 0) this.sweeping = this.sweeping.then(() => this.sweep(ids));
    return this.sweeping;
  }

  private async sweep(ids: string[]): Promise<void> {
    try {
      await this.milestones.reached('outbox.sweep:before-remove');
      await this.rows.remove(ids);
    } catch (error) {
      this.log.warning('Sent events could not be removed and will be sent again', { count: ids.length, error });
    }
  }
}

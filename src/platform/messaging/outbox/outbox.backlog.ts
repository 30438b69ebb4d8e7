import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config';
import { Log } from '../../observability/log/logger';
import { Metrics } from '../../observability/metrics/metrics';
import { OutboxRepository } from './outbox.repository';
import { withBudget } from './statement-budget';

const MEASURE_EVERY_MS = 5_000;
const EXPIRE_EVERY_MS = 60_000;

/** Measures the rows of the outbox, and deletes those older than the retention. */
@Injectable()
export class OutboxBacklog {
  private measuredAt = 0;
  private expiredAt = 0;

  constructor(
    private readonly rows: OutboxRepository,
    private readonly config: Config,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** Does each when it is due. */
  async measureAndExpire(): Promise<void> {
    if (Date.now() - this.measuredAt >= MEASURE_EVERY_MS) await this.measure();
    if (Date.now() - this.expiredAt >= EXPIRE_EVERY_MS) await this.expire();
  }

  private async measure(): Promise<void> {
    this.measuredAt = Date.now();
    const { depth, oldestAgeSeconds } = await withBudget(() => this.rows.backlog());
    this.metrics.outboxBacklog(depth, oldestAgeSeconds);
  }

  private async expire(): Promise<void> {
    this.expiredAt = Date.now();
    const lost = await this.rows.expire(this.config.outboxRetentionHours);
    if (lost > 0) this.log.error('Outbox rows were dropped: older than OUTBOX_RETENTION_HOURS', { count: lost });
  }
}

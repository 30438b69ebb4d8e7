import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Config } from '../config/config';
import { HealthRegistry } from '../observability/health/health-registry';
import { Log } from '../observability/log/logger';
import { Broker } from './broker';
import { Outbox } from './outbox/outbox';
import { WorkInProgress } from './work-in-progress';

/** How long the shutdown waits for events in flight and for the removal of their rows. */
const FLUSH_TIMEOUT_MS = 3_000;

/**
 * Ends the work in order: reports not ready, cancels the consumers, finishes what was taken, sends its events. The
 * connections close after that.
 */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  constructor(
    private readonly config: Config,
    private readonly broker: Broker,
    private readonly work: WorkInProgress,
    private readonly outbox: Outbox,
    private readonly health: HealthRegistry,
    private readonly log: Log,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    this.health.markDraining();
    this.work.startDraining();
    this.log.info('Shutting down', { in_flight: this.work.count });
    await this.broker.cancelConsumers().catch((error: unknown) => {
      this.log.warning('The consumers could not be cancelled', { error });
    });
    const isDone = await this.work.settle(this.config.shutdownTimeoutSeconds * 1_000);
    if (!isDone) this.log.error('Gave up waiting for work in flight', { in_flight: this.work.count });
    await this.outbox.flush(FLUSH_TIMEOUT_MS);
    this.broker.release();
  }
}

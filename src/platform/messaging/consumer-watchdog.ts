import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { HealthRegistry } from '../observability/health/health-registry';
import { Log } from '../observability/log/logger';
import { Metrics } from '../observability/metrics/metrics';
import { Broker } from './broker';
import { WorkInProgress } from './work-in-progress';

const CHECK_EVERY_MS = 500;
/** A set-up takes milliseconds, so a consumer that is missing for longer is lost. */
const GRACE_MS = 1_000;
/** A closing connection closes its channels first: after this pause `connected` tells which of the two was lost. */
const AFTER_LOSS_MS = 100;
const BETWEEN_REBUILDS_MS = 4_000;
const HOPELESS_AFTER_MS = 45_000;

class NotServing extends Error {
  override readonly name = 'NotServing';

  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

/**
 * Notices what the library does not: a consumer that the broker cancelled, a queue that was deleted, a channel that
 * failed while the connection stayed up. The remedy is always a new connection, which restores everything.
 */
@Injectable()
export class ConsumerWatchdog implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private missingSince: number | undefined;
  private missing: string[] = [];
  private afterLoss: NodeJS.Timeout | undefined;
  private rebuiltAt = 0;

  constructor(
    private readonly broker: Broker,
    private readonly work: WorkInProgress,
    private readonly metrics: Metrics,
    private readonly health: HealthRegistry,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.broker.watchChannels((name) => {
      if (this.work.isDraining) return;
      if (!this.broker.troubles.isRefused) this.log.warning('A channel was lost', { channel: name });
      // Replies on this channel wait for a confirm, and their callers cannot wait for the next check.
      clearTimeout(this.afterLoss);
      this.afterLoss = setTimeout(() => void this.check(Date.now(), 0), AFTER_LOSS_MS);
    });
    this.health.register({ name: 'broker', kind: 'required', check: () => this.checkConsuming() });
    this.health.registerLiveness({ name: 'consumers', check: () => this.checkHopeful() });
    this.timer = setInterval(() => void this.check(), CHECK_EVERY_MS);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
    clearTimeout(this.afterLoss);
  }

  async check(now = Date.now(), graceMs = GRACE_MS): Promise<void> {
    if (this.work.isDraining) return;
    if (!this.broker.connected) {
      this.missingSince = undefined;
      return;
    }
    const missing = this.lost();
    if (missing.length === 0) {
      this.broker.troubles.declared();
      this.restored();
      return;
    }
    this.missing = missing;
    this.missingSince ??= now;
    if (now - this.missingSince < graceMs || now - this.rebuiltAt < BETWEEN_REBUILDS_MS) return;
    this.rebuiltAt = now;
    if (!this.broker.troubles.isRefused) this.log.error('Consumers are missing, making a new connection', { missing });
    await this.broker.rebuild();
  }

  private lost(): string[] {
    const consumers = this.broker.missingConsumers();
    return consumers.length > 0 || this.broker.channelsOpen ? consumers : ['publish'];
  }

  private restored(): void {
    for (const name of this.missing) this.metrics.consumerRestored(name);
    if (this.missing.length > 0) this.log.info('Consuming again', { restored: this.missing });
    this.missingSince = undefined;
    this.missing = [];
  }

  private checkConsuming(): Promise<void> {
    const { reason } = this.broker;
    if (!this.broker.takesMessages) {
      const text = reason?.text ?? 'the first attempt has not ended';
      return Promise.reject(new NotServing(`the broker cannot be used: ${text}`, reason?.code ?? 'CONNECTING'));
    }
    const missing = this.lost();
    if (missing.length === 0) return Promise.resolve();
    const because = reason === undefined ? '' : `; the broker: ${reason.text}`;
    return Promise.reject(
      new NotServing(`not consuming: ${missing.join(', ')}${because}`, reason?.code ?? 'NOT_CONSUMING'),
    );
  }

  /** Fails when the broker is connected and the consumers cannot be restored: a restart may help. */
  private checkHopeful(): Promise<void> {
    const missingForMs = this.missingSince === undefined ? 0 : Date.now() - this.missingSince;
    if (missingForMs < HOPELESS_AFTER_MS) return Promise.resolve();
    return Promise.reject(new Error('the consumers cannot be restored'));
  }
}

import { Injectable } from '@nestjs/common';
import { Nack } from '@golevelup/nestjs-rabbitmq';
import type { ConsumeMessage } from 'amqplib';
import { hash } from 'node:crypto';
import { Log } from '../../observability/log/logger';
import { Metrics } from '../../observability/metrics/metrics';
import { Broker } from '../broker';
import { RecentKeys } from '../recent-keys';
import { WorkInProgress } from '../work-in-progress';
import { isRead } from './envelope';

const DROP = new Nack(false);
const LEAVE_FOR_ANOTHER = new Nack(true);
const NOT_FOUND = 404;
/** How long an answered delivery is remembered: far longer than a connection takes to come back. */
const REMEMBER_MS = 60_000;
/** More than can be answered and not yet acknowledged when a connection breaks. */
const REMEMBERED = 10_000;

/** Decides which deliveries run. A shutdown waits for those that do. */
@Injectable()
export class Deliveries {
  private readonly register = new DeliveryRegister();

  constructor(
    private readonly broker: Broker,
    private readonly work: WorkInProgress,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  async take<T>(message: ConsumeMessage, answer: () => Promise<T>): Promise<T | Nack> {
    if (this.work.isDraining) {
      this.metrics.rpcRejected('shutdown');
      return LEAVE_FOR_ANOTHER;
    }
    const key = this.register.begin(message);
    if (key === undefined) return DROP;
    return this.work.trackRequest(async () => {
      try {
        return message.fields.redelivered && !(await this.mayRunAgain(message)) ? DROP : await answer();
      } finally {
        this.register.end(key);
      }
    });
  }

  /**
   * A read may run again. A write may run again only while its caller still waits: callers give up after 3 s and may
   * have sent a newer write since. A request without a reply queue has no caller to give up, so it runs.
   */
  private async mayRunAgain({ content, properties }: ConsumeMessage): Promise<boolean> {
    const replyTo = properties.replyTo as string | undefined;
    if (!replyTo || isRead(content) || (await this.isWaiting(replyTo))) return true;
    this.metrics.redeliveredWriteDropped();
    this.log.warning('Dropped a redelivered write: its caller no longer waits');
    return false;
  }

  /**
   * True when the reply queue exists. It is exclusive to the caller, so a passive declare is refused with 405 when it
   * exists and with 404 when it does not; either refusal closes the throw-away channel.
   */
  private async isWaiting(replyTo: string): Promise<boolean> {
    try {
      await this.broker.withChannel((channel) => channel.checkQueue(replyTo));
      return true;
    } catch (error) {
      // True also when the broker cannot be asked: a write is not dropped while its caller may wait.
      return (error as { code?: number }).code !== NOT_FOUND;
    }
  }
}

/**
 * The deliveries that this process works on or has answered. When a connection breaks, the broker delivers again what
 * was not acknowledged. A copy that comes back to the process that has the original must not run again.
 */
export class DeliveryRegister {
  private readonly inWork = new Map<string, number>();
  private readonly answered = new RecentKeys(REMEMBERED, REMEMBER_MS);

  /** The key of the delivery, or `undefined` when the message is a copy of a delivery that is known. */
  begin(message: ConsumeMessage, now = Date.now()): string | undefined {
    const key = fingerprint(message);
    const equal = this.inWork.get(key) ?? 0;
    if (message.fields.redelivered && (equal > 0 || this.answered.has(key, now))) return undefined;
    this.inWork.set(key, equal + 1);
    return key;
  }

  end(key: string, now = Date.now()): void {
    const equal = (this.inWork.get(key) ?? 0) - 1;
    if (equal > 0) this.inWork.set(key, equal);
    else this.inWork.delete(key);
    this.answered.add(key, now);
  }
}

function fingerprint({ content, properties }: ConsumeMessage): string {
  const names = JSON.stringify([properties.replyTo, properties.correlationId, properties.messageId]);
  // One byte a character, so that every body gives another text.
  return hash('sha1', names + content.toString('latin1'), 'base64');
}

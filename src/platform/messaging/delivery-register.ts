import { createHash } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';

/** How long a finished delivery is remembered: far longer than a connection takes to come back. */
const REMEMBER_MS = 60_000;
const CAPACITY = 20_000;

interface Delivery {
  copies: number;
  forgetAt: number;
}

/**
 * Deliveries that this process has taken. When a connection breaks, the broker delivers again what was not acknowledged;
 * if that copy comes back to the process that is still working on the original, or has answered it, it must not run twice.
 */
export class DeliveryRegister {
  private readonly deliveries = new Map<string, Delivery>();

  /** True when the message is a copy of a delivery that this process has taken already. */
  isCopy(message: ConsumeMessage, now = Date.now()): boolean {
    this.forget(now);
    const key = fingerprint(message);
    const known = this.deliveries.get(key);
    if (message.fields.redelivered && known !== undefined && known.copies > 0) {
      known.copies--;
      return true;
    }
    this.deliveries.delete(key);
    this.deliveries.set(key, { copies: (known?.copies ?? 0) + 1, forgetAt: now + REMEMBER_MS });
    return false;
  }

  private forget(now: number): void {
    for (const [key, { forgetAt }] of this.deliveries) {
      if (forgetAt > now && this.deliveries.size <= CAPACITY) return;
      this.deliveries.delete(key);
    }
  }
}

function fingerprint({ content, properties }: ConsumeMessage): string {
  return createHash('sha1')
    .update(JSON.stringify([properties.replyTo, properties.correlationId, properties.messageId]))
    .update(content)
    .digest('base64');
}

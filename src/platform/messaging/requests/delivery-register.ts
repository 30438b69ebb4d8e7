import { createHash } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';

/** How long a finished delivery is remembered: far longer than a connection takes to come back. */
const REMEMBER_MS = 60_000;
const CAPACITY = 20_000;

/**
 * Deliveries that this process has taken. When a connection breaks, the broker delivers again what was not acknowledged;
 * if that copy comes back to the process that is still working on the original, or has answered it, it must not run twice.
 */
export class DeliveryRegister {
  /** When each may be forgotten, by fingerprint; the oldest first. */
  private readonly deliveries = new Map<string, number>();

  /** True when the message is a copy of a delivery that this process has taken already. */
  isCopy(message: ConsumeMessage, now = Date.now()): boolean {
    this.forget(now);
    const key = fingerprint(message);
    const isCopy = message.fields.redelivered && this.deliveries.has(key);
    this.deliveries.delete(key);
    this.deliveries.set(key, now + REMEMBER_MS);
    return isCopy;
  }

  private forget(now: number): void {
    for (const [key, forgetAt] of this.deliveries) {
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

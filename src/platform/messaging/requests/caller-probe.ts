import { Injectable } from '@nestjs/common';
import { Broker } from '../broker';

const NOT_FOUND = 404;

/** Asks the broker whether the queue that a reply would go to is still there. */
@Injectable()
export class CallerProbe {
  constructor(private readonly broker: Broker) {}

  /**
   * True when the queue exists. It is the caller's own, so a passive declare is refused with 405 when it is there and
   * with 404 when it is gone; either refusal closes the throw-away channel.
   */
  async isWaiting(replyTo: string): Promise<boolean> {
    try {
      await this.broker.withChannel((channel) => channel.checkQueue(replyTo));
      return true;
    } catch (error) {
      // Also when the broker cannot be asked: a write that somebody may wait for is not thrown away.
      return (error as { code?: number }).code !== NOT_FOUND;
    }
  }
}

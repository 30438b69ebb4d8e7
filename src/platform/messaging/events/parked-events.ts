import { Injectable } from '@nestjs/common';
import type { GetMessage } from 'amqplib';
import { Broker } from '../broker';
import { decodeEvent } from '../requests/envelope';
import { countOf, headersOf, RETRY_COUNT_HEADER } from './event-headers';
import { PARKED_QUEUE, SUBSCRIBE_QUEUE } from '../topology';

/** An event that failed four times for itself, or could not be read; its payload is a customer's private data and stays there. */
export interface ParkedEvent {
  /** Its place in the queue, from 1. */
  readonly position: number;
  readonly type: string;
  readonly publisher: string;
  /** The customer it is about; empty when it cannot be read. */
  readonly customer_id: string;
  readonly retries: number;
  readonly bytes: number;
}

/** The parked queue, for an operator: look at it, and put events back on their way. */
@Injectable()
export class ParkedEvents {
  constructor(private readonly broker: Broker) {}

  /** How many wait; 0 when the queue is not there. */
  async count(): Promise<number> {
    return this.broker.withChannel(async (channel) => (await channel.checkQueue(PARKED_QUEUE)).messageCount);
  }

  /** The oldest `limit` events. They stay where they are: the channel's end gives them back in their order. */
  async list(limit: number): Promise<ParkedEvent[]> {
    return this.broker.withChannel(async (channel) => {
      const events: ParkedEvent[] = [];
      while (events.length < limit) {
        const message = await channel.get(PARKED_QUEUE, { noAck: false });
        if (message === false) break;
        events.push(describe(message, events.length + 1));
      }
      return events;
    });
  }

  /**
   * Puts the oldest `limit` events back into the service's queue with all their retries before them. Each is taken away
   * only after the broker has confirmed its copy: a crash leaves it twice rather than not at all, and the work is idempotent.
   */
  async replay(limit: number): Promise<number> {
    return this.broker.withChannel(async (channel) => {
      // What fails again while this runs is parked behind the last of these, and left there.
      const waiting = (await channel.checkQueue(PARKED_QUEUE)).messageCount;
      let replayed = 0;
      while (replayed < Math.min(limit, waiting)) {
        const message = await channel.get(PARKED_QUEUE, { noAck: false });
        if (message === false) break;
        await this.broker.publish('', SUBSCRIBE_QUEUE, message.content, headersOf(message, { retries: 0 }));
        channel.ack(message);
        replayed++;
      }
      return replayed;
    });
  }
}

function describe(message: GetMessage, position: number): ParkedEvent {
  return {
    position,
    ...envelopeOf(message.content),
    retries: countOf(message, RETRY_COUNT_HEADER),
    bytes: message.content.length,
  };
}

function envelopeOf(body: Buffer): Pick<ParkedEvent, 'type' | 'publisher' | 'customer_id'> {
  try {
    const { type, publisher, data } = decodeEvent(body);
    const id = data?.kind === 'object' ? data.members.findLast(([key]) => key.toLowerCase() === 'id')?.[1] : undefined;
    return { type, publisher, customer_id: id?.kind === 'string' ? id.value : '' };
  } catch {
    return { type: '(unreadable)', publisher: '', customer_id: '' };
  }
}

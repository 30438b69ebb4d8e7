import { Injectable } from '@nestjs/common';
import type { GetMessage } from 'amqplib';
import { Broker } from '../broker';
import { decodeEvent } from '../requests/envelope';
import { countOf, headersOf, RETRY_COUNT_HEADER } from './event-headers';
import { PARKED_QUEUE, SUBSCRIBE_QUEUE } from '../topology';

/** An event that failed four times or cannot be read. Its payload is private data of a customer and is not shown. */
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

/** The parked queue for an operator: lists its events, and puts them back into the queue of the service. */
@Injectable()
export class ParkedEvents {
  constructor(private readonly broker: Broker) {}

  /** How many events are parked. Throws when the queue does not exist. */
  async count(): Promise<number> {
    return this.broker.withChannel(async (channel) => (await channel.checkQueue(PARKED_QUEUE)).messageCount);
  }

  /**
   * Lists the oldest `limit` events. They stay in the queue: the broker requeues them in order when the channel closes.
   */
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
   * Puts the oldest `limit` events back into the queue of the service with all their tries. Each is removed only after
   * the broker has confirmed its copy: a crash may leave it twice, and the work is idempotent.
   */
  async replay(limit: number): Promise<number> {
    return this.broker.withChannel(async (channel) => {
      // Events that fail again meanwhile are parked behind these, and stay parked.
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

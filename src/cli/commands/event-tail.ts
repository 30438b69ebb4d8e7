import { Injectable } from '@nestjs/common';
import { Unreachable } from '../terminal/exit-code';
import { decodeJson, toPlain } from '../../platform/wire/go-json';
import { Broker } from '../../platform/messaging/broker';
import { EVENT_EXCHANGE } from '../../platform/messaging/topology';

/** An event as published. */
export interface PublishedEvent {
  readonly type: string;
  readonly publisher: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Binds an exclusive queue to the event exchange, as other services do; the queue ends with the connection. */
@Injectable()
export class EventTail {
  constructor(private readonly broker: Broker) {}

  /** Runs until the signal. Calls `onOpen` when it consumes. Throws when the connection to the broker is lost. */
  async follow(signal: AbortSignal, onOpen: () => void, onEvent: (event: PublishedEvent) => void): Promise<void> {
    const channel = await this.broker.openChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true, durable: false });
    await channel.bindQueue(queue, EVENT_EXCHANGE, '');
    await channel.consume(queue, (message) => message && onEvent(read(message.content)), { noAck: true });
    onOpen();
    await new Promise<void>((resolve, reject) => {
      channel.once('close', () => {
        if (!signal.aborted) reject(new Unreachable('broker', 'The RabbitMQ broker', 'the connection was lost'));
      });
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
    await channel.close().catch(() => undefined);
  }
}

function read(body: Buffer): PublishedEvent {
  try {
    const { type, publisher, data } = toPlain(decodeJson(body)) as Record<string, unknown>;
    return {
      type: typeof type === 'string' ? type : '',
      publisher: typeof publisher === 'string' ? publisher : '',
      data: typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {},
    };
  } catch {
    return { type: '(unreadable)', publisher: '', data: {} };
  }
}

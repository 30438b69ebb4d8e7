import type { Channel, ConsumeMessage } from 'amqplib';

/** A private queue that one call at a time waits on. */
interface ReplyQueue {
  readonly name: string;
  /** The next message that has this correlation id or none. */
  next(correlationId: string): Promise<Buffer>;
}

/** The broker returned the request: the queue does not exist. */
export class NoSuchQueue extends Error {
  override readonly name = 'NoSuchQueue';
}

interface Slot extends ReplyQueue {
  consumerTag: string;
  correlationId?: string;
  deliver?: (message: ConsumeMessage) => void;
  lost?: (error: Error) => void;
}

/**
 * Server-named exclusive queues, lent to one call each and used again only after their answer has come. The queue of a
 * call that was given up is deleted, so a late answer reaches no other call, even from a peer that does not echo
 * correlation ids.
 */
export class ReplyQueues {
  private readonly free: Slot[] = [];
  private readonly all = new Set<Slot>();

  constructor(private readonly channel: Channel) {
    // The broker returns a request that it cannot route: no answer will come.
    channel.on('return', ({ properties }: ConsumeMessage) => this.returned(properties.correlationId as string));
  }

  async lend(): Promise<ReplyQueue> {
    return this.free.pop() ?? (await this.declare());
  }

  giveBack(queue: ReplyQueue): void {
    this.free.push(queue as Slot);
  }

  /** Deletes a queue that may still get an answer: an auto-delete queue ends with its only consumer. */
  async discard(queue: ReplyQueue): Promise<void> {
    const slot = queue as Slot;
    this.all.delete(slot);
    await this.channel.cancel(slot.consumerTag).catch(() => undefined);
  }

  /** The channel is lost, and its queues with it. */
  failAll(error: Error): void {
    for (const slot of this.all) slot.lost?.(error);
    this.all.clear();
    this.free.length = 0;
  }

  private returned(correlationId: string): void {
    const slot = [...this.all].find((one) => one.correlationId === correlationId);
    slot?.lost?.(new NoSuchQueue('the queue does not exist'));
  }

  private async declare(): Promise<Slot> {
    const { queue } = await this.channel.assertQueue('', { exclusive: true, autoDelete: true, durable: false });
    const slot: Slot = {
      name: queue,
      consumerTag: '',
      next: (correlationId) =>
        new Promise((resolve, reject) => {
          slot.correlationId = correlationId;
          slot.lost = reject;
          slot.deliver = (message) => {
            const answered = message.properties.correlationId as string | undefined;
            if (!answered || answered === correlationId) resolve(message.content);
          };
        }),
    };
    const { consumerTag } = await this.channel.consume(queue, (message) => message && slot.deliver?.(message), {
      noAck: true,
    });
    slot.consumerTag = consumerTag;
    this.all.add(slot);
    return slot;
  }
}

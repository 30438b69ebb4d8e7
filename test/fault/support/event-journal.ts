import { connect, type ChannelModel } from 'amqplib';
import { EVENT_EXCHANGE } from '../../support/events';

const QUEUE = 'test.timeline';

export interface JournalEntry {
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** A durable queue on our event exchange: what was announced is in it, also after the broker was away. */
export class EventJournal {
  private readonly entries: JournalEntry[] = [];

  private constructor(private readonly address: () => string) {}

  /** Binds the queue; what is announced from here on is kept. */
  static async open(address: () => string): Promise<EventJournal> {
    const journal = new EventJournal(address);
    await journal.withConnection(async (connection) => {
      const channel = await connection.createChannel();
      await channel.assertExchange(EVENT_EXCHANGE, 'fanout', { durable: true });
      await channel.assertQueue(QUEUE, { durable: true });
      await channel.bindQueue(QUEUE, EVENT_EXCHANGE, '');
      await channel.close();
    });
    return journal;
  }

  /** All so far, in order. */
  async read(): Promise<readonly JournalEntry[]> {
    await this.withConnection(async (connection) => {
      const channel = await connection.createChannel();
      for (;;) {
        const message = await channel.get(QUEUE);
        if (message === false) break;
        this.entries.push(JSON.parse(message.content.toString()) as JournalEntry);
        channel.ack(message);
      }
      await channel.close();
    });
    return this.entries;
  }

  async idsOf(type: string): Promise<Set<unknown>> {
    return new Set((await this.read()).filter((entry) => entry.type === type).map(({ data }) => data['id']));
  }

  private async withConnection(work: (connection: ChannelModel) => Promise<void>): Promise<void> {
    const connection = await connect(this.address());
    connection.on('error', () => undefined);
    try {
      await work(connection);
    } finally {
      await connection.close();
    }
  }
}

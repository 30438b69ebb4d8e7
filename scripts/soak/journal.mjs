// Collects every published event as timeline-manager does, on a durable queue, so that an outage loses none.
import { Link } from './link.mjs';

const EXCHANGE = 'bin-manager.registrar-manager.event';
const QUEUE = 'soak.timeline';

/** Grows with each change of a resource. */
export const versionOf = ({ tm_create, tm_update }) => padded(tm_update ?? tm_create);

/** Replies and events trim the fraction of seconds, and texts of different length would sort wrongly. */
function padded(time) {
  const [seconds, fraction = ''] = time.replace('Z', '').split('.');
  return `${seconds}.${fraction.padEnd(6, '0')}`;
}

export class Journal {
  #link;
  /** The events of each resource, in order of arrival. */
  events = new Map();
  seen = 0;

  static async open(address) {
    const journal = new Journal();
    journal.#link = await new Link(address, (connection) => journal.#listen(connection)).open();
    return journal;
  }

  of(id) {
    return this.events.get(id) ?? [];
  }

  close() {
    return this.#link.close();
  }

  async #listen(connection) {
    const channel = await connection.createChannel();
    channel.on('error', () => {});
    await channel.assertExchange(EXCHANGE, 'fanout', { durable: true });
    await channel.assertQueue(QUEUE, { durable: true });
    await channel.bindQueue(QUEUE, EXCHANGE, '');
    await channel.consume(QUEUE, (message) => {
      if (!message) return;
      this.#keep(JSON.parse(message.content.toString()));
      channel.ack(message);
    });
  }

  #keep({ type, data }) {
    this.seen++;
    const list = this.events.get(data.id) ?? [];
    const { password, name, extension, domain_name: domain, customer_id: customer } = data;
    list.push({ type, version: versionOf(data), password, name, label: extension ?? domain, customer });
    this.events.set(data.id, list);
  }
}

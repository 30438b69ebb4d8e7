// Every event the service announced, kept as timeline-manager keeps them: a durable queue, nothing missed by an outage.
import { Link } from './link.mjs';

const EXCHANGE = 'bin-manager.registrar-manager.event';
const QUEUE = 'soak.timeline';

/** Grows by one at each change of a resource. */
export const versionOf = ({ tm_create, tm_update }) => padded(tm_update ?? tm_create);

/** The wire trims fractions, which would spoil the order of texts. */
function padded(time) {
  const [seconds, fraction = ''] = time.replace('Z', '').split('.');
  return `${seconds}.${fraction.padEnd(6, '0')}`;
}

export class Journal {
  #link;
  /** By resource: its events in the order of arrival. */
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

import { command, CUSTOMER, group } from '../command';
import { MESSAGES } from '../needs';
import { count, customerId, eventType, id, type Values } from '../options';
import type { Output } from '../terminal/output';
import { printable } from '../terminal/table';
import type { PublishedEvent } from './event-tail';

const FILTERS = {
  type: eventType,
  customerId: { ...customerId, help: "only events of this customer's resources" },
  id: { ...id, help: 'only events of this resource' },
};

const tail = command({
  words: 'events tail',
  description: 'show events as they are published, until Ctrl-C',
  options: { ...FILTERS, count },
  examples: ['events tail', `events tail --type extension_created --customer-id ${CUSTOMER}`],
  async run(session, options) {
    const { terminal, output } = session;
    const { events } = await session.open(MESSAGES);
    const { untilInterrupted } = await import('../terminal/interruption.js');
    const enough = new AbortController();
    let seen = 0;
    const show = (event: PublishedEvent): void => {
      if (enough.signal.aborted || !matches(event, options)) return;
      terminal.print(lineOf(event, output));
      if (++seen === options.count) enough.abort();
    };
    await untilInterrupted((signal) =>
      events.follow(AbortSignal.any([signal, enough.signal]), () => terminal.say('Listening; Ctrl-C ends it.'), show),
    );
  },
});

/** One line for each event, also in JSON, so that the output can be read while it is written. */
function lineOf(event: PublishedEvent, output: Output): string {
  const isMasked = 'password' in event.data && !output.showsPasswords;
  const data = isMasked ? { ...event.data, password: '********' } : event.data;
  if (output.format === 'json') return JSON.stringify({ ...event, data });
  const text = (name: string): string => (typeof data[name] === 'string' ? data[name] : '');
  const subject = text('extension') || text('domain_name');
  return printable([new Date().toISOString(), event.type, subject, text('id'), event.publisher].join('  '));
}

function matches({ type, data }: PublishedEvent, filters: Values<typeof FILTERS>): boolean {
  return (
    (filters.type === undefined || filters.type === type) &&
    (filters.customerId === undefined || filters.customerId === data['customer_id']) &&
    (filters.id === undefined || filters.id === data['id'])
  );
}

export const EVENT_COMMANDS = [
  group({ words: 'events', description: 'what the service tells others', examples: ['events tail'] }),
  tail,
];

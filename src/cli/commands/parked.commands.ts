import type { ParkedEvent } from '../../platform/messaging/events/parked-events';
import { command, group } from '../command';
import { MESSAGES } from '../needs';
import { DEFAULT_LIMIT, force, integer, limit } from '../options';
import type { View } from '../terminal/output';

const OLDEST = { limit: { ...limit, help: `the oldest so many (${DEFAULT_LIMIT})`, read: integer(1, 10_000) } };

const VIEW: View<ParkedEvent> = {
  columns: [
    { title: '#', text: ({ position }) => `${position}` },
    { title: 'TYPE', text: ({ type }) => type },
    { title: 'PUBLISHER', text: ({ publisher }) => publisher },
    { title: 'CUSTOMER', text: (event) => event.customer_id, isWhole: true },
    { title: 'RETRIES', text: ({ retries }) => `${retries}` },
    { title: 'BYTES', text: ({ bytes }) => `${bytes}` },
  ],
  csv: (event) => Object.fromEntries(Object.entries(event).map(([name, value]) => [name, String(value)])),
};

const list = command({
  words: 'parked list',
  description: 'list events that failed four times or could not be read; they stay',
  options: OLDEST,
  takesCsv: true,
  examples: ['parked list'],
  async run(session, options) {
    const { parked } = await session.open(MESSAGES);
    await session.output.list(await parked.list(options.limit ?? DEFAULT_LIMIT), VIEW);
  },
});

const replay = command({
  words: 'parked replay',
  description: 'put parked events back on their way, oldest first',
  options: { force, ...OLDEST },
  examples: ['parked replay', 'parked replay --limit 1 --force'],
  async run(session, options) {
    const { parked } = await session.open(MESSAGES);
    const count = Math.min(await parked.count(), options.limit ?? DEFAULT_LIMIT);
    if (count > 0) await session.confirm(options.force, `Replay ${count} events?`, 'nothing was replayed');
    const replayed = await parked.replay(count);
    session.output.done({ replayed }, `Replayed ${replayed}.`);
  },
});

export const PARKED_COMMANDS = [
  group({ words: 'parked', description: 'events that nobody could process', examples: ['parked list'] }),
  list,
  replay,
];

import { command, CUSTOMER, group } from '../../command';
import { READS } from '../../needs';
import { customerId, extensionNumber, force, type Values } from '../../options';
import type { Session } from '../../session';
import { unknownNumber } from '../extension/unknown-number';
import { contactView } from './contact.view';

/** Registrations belong to an extension, which callers look up by customer and number. */
const SUBJECT = { customerId, extensionNumber };
const EXAMPLE = `--customer-id ${CUSTOMER} --extension-number 2001`;

/** Throws for an unknown number, for which the RPC route answers an empty list. */
async function openFor(session: Session, options: Values<typeof SUBJECT>) {
  const customer = await session.prompt.require(customerId, options.customerId);
  const number = await session.prompt.require(extensionNumber, options.extensionNumber);
  const { contacts, extensions } = await session.open(READS);
  const found = await extensions.reader.findByNumber(customer, number);
  if (found === undefined) throw unknownNumber();
  const { contactsOf } = await import('../requests.js');
  // Registrations are stored under the number as spelt in the record.
  return { contacts, subject: contactsOf(customer, found.extension) };
}

const list = command({
  words: 'contact list',
  description: 'list the devices that are registered for an extension',
  options: SUBJECT,
  takesCsv: true,
  examples: [`contact list ${EXAMPLE}`],
  async run(session, options) {
    const { contacts, subject } = await openFor(session, options);
    await session.output.list(await contacts.list(subject), contactView(Date.now()));
  },
});

const refresh = command({
  words: 'contact refresh',
  description: 'forget the cached registrations of an extension; the devices stay',
  options: SUBJECT,
  examples: [`contact refresh ${EXAMPLE}`],
  async run(session, options) {
    const { contacts, subject } = await openFor(session, options);
    await contacts.refresh(subject);
    const found = (await contacts.list(subject)).length;
    session.output.done({ refreshed: true, contacts: found }, `Refreshed; ${found} registered.`);
  },
});

const flush = command({
  words: 'contact flush',
  description: 'end the registrations of an extension; its devices must register again',
  options: { force, ...SUBJECT },
  examples: [`contact flush ${EXAMPLE} --force`],
  async run(session, options) {
    const { contacts, subject } = await openFor(session, options);
    const before = (await contacts.list(subject)).length;
    const question = `${before} registered; calls to them fail until they register again. Flush?`;
    await session.confirm(options.force, question, 'nothing was flushed');
    await contacts.flush(subject);
    session.output.done({ flushed: before }, `Flushed ${before}.`);
  },
});

export const CONTACT_COMMANDS = [
  group({ words: 'contact', description: 'who is registered right now', examples: [`contact list ${EXAMPLE}`] }),
  list,
  refresh,
  flush,
];

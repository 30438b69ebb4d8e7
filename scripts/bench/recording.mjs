// Records the statements that the service sends for one request of each kind.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startService, taken } from '../measure/requests.mjs';
import { servePeers } from '../soak/peers.mjs';
import { databases } from '../stack/mariadb.mjs';
import { createVirtualHost, environmentOn } from './builds.mjs';
import { REQUEST_QUEUE, SharedCaller, ask } from './callers.mjs';
import { insertContacts } from './contacts.mjs';
import { change, creation, listing, makeCustomer, passwordOf, removal } from './operations.mjs';
import { mentions } from './statements.cjs';
import { Trips } from './trips.mjs';

const VIRTUAL_HOST = 'bench-recording';
const WARM_UPS = 3;
const SETTLE_MS = 100;
const NUMBER = 39_917_204;
const PASSWORD = 71_346_028;
const BEGINS = /^\s*(START TRANSACTION|BEGIN)/i;
const ENDS = /(COMMIT|ROLLBACK)\s*;?\s*$/i;

/** The statements inside the transactions that mention the subject, in the order in which they were sent. */
function transactionsOf(statements, subject) {
  const open = new Map();
  const transactions = [];
  for (const statement of statements) {
    if (BEGINS.test(statement.text)) {
      open.set(statement.connection, { database: statement.database, statements: [] });
      transactions.push(open.get(statement.connection));
    }
    open.get(statement.connection)?.statements.push(statement);
    if (ENDS.test(statement.text)) open.delete(statement.connection);
  }
  // The relay of the outbox has transactions of its own.
  const own = transactions.filter((one) => one.statements.some((statement) => mentions(statement, subject)));
  const found = own.map(({ database }) => database).sort();
  if (found.join() !== [...databases].sort().join()) throw new Error(`transactions on ${found.join()} were recorded`);
  const kept = new Set(own.flatMap((one) => one.statements));
  return statements.filter((statement) => kept.has(statement));
}

const bare = ({ text, values, method, database }) => ({
  text,
  values,
  method,
  database: database === databases[0] ? 'bin' : 'asterisk',
  phase: BEGINS.test(text) ? 'begin' : ENDS.test(text) ? 'end' : 'work',
});

const isSelect = ({ text }) => /from [`]?registrar_extensions/i.test(text);

/** Sends one request of each kind. `during` returns the statements of a request. */
async function recordRound(during, customer, extension, trips) {
  let subject;
  const answered = ({ id, customer_id, extension: number }) => {
    subject = { id, customer: customer_id, number, password: passwordOf(PASSWORD) };
  };
  const write = (statements, password) => ({
    subject: { ...subject, password },
    statements: transactionsOf(statements, subject).map(bare),
  });
  const [read] = customer.made;
  const get = { method: 'GET', uri: `/v1/extensions/${read.id}` };
  const contacts = {
    method: 'GET',
    uri: '/v1/contacts',
    data: { customer_id: customer.id, extension: read.extension },
  };
  await trips.emptyCache();
  await during('get, not cached', get);
  await during('get, cached', get);
  await during('contacts, not cached', contacts);
  await during('contacts, cached', contacts);
  const list = await during('list', listing(customer.id));
  const create = await during('create', { ...creation(customer.id, extension, PASSWORD), answered });
  const update = await during('update, password', change(subject, PASSWORD + 1));
  const remove = await during('delete', removal(subject));
  return {
    select: bare(list.find(isSelect)),
    create: write(create, passwordOf(PASSWORD)),
    update: write(update, passwordOf(PASSWORD + 1)),
    delete: write(remove, passwordOf(PASSWORD + 1)),
  };
}

async function recordOn(status, caller, child, trips) {
  const send = (request) => ask(caller, REQUEST_QUEUE, request);
  const customer = await makeCustomer(send);
  await insertContacts(status, customer);
  const during = async (name, request) => {
    await sleep(SETTLE_MS);
    await taken(child);
    trips.start();
    await send(request);
    const { stacks } = await taken(child);
    trips.add(name, stacks);
    return stacks;
  };
  let statements;
  for (let count = 0; count <= WARM_UPS; count++) {
    statements = await recordRound(during, customer, String(NUMBER + count), trips);
  }
  return { statements, trips: trips.found };
}

/** Runs this checkout's build with the hook of `npm run measure`. Returns statements, and trips by operation. */
export async function recordStatements(status) {
  await createVirtualHost(status.rabbitmq, VIRTUAL_HOST);
  const environment = environmentOn(status, VIRTUAL_HOST);
  const trips = await Trips.watch(status.redis, Number(environment.REDIS_DATABASE));
  const peers = await servePeers(environment.RABBITMQ_ADDRESS, () => trips.peerWasAsked());
  const child = await startService(environment);
  const caller = await SharedCaller.open(environment.RABBITMQ_ADDRESS);
  try {
    return await recordOn(status, caller, child, trips);
  } finally {
    await Promise.all([caller.close(), trips.close()]);
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await Promise.all(peers.map((peer) => peer.close()));
  }
}

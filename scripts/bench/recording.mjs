// Records the statements that the service sends for one request of each kind.
import { once } from 'node:events';
import { startService, taken } from '../measure/requests.mjs';
import { servePeers } from '../soak/peers.mjs';
import { databases } from '../stack/mariadb.mjs';
import { createVirtualHost, environmentOn } from './builds.mjs';
import { REQUEST_QUEUE, SharedCaller, ask } from './callers.mjs';
import { change, creation, listing, makeCustomer, passwordOf, removal } from './operations.mjs';
import { mentions } from './statements.mjs';

const VIRTUAL_HOST = 'bench-recording';
const WARM_UPS = 3;
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

async function recordOn(caller, child) {
  const send = (request) => ask(caller, REQUEST_QUEUE, request);
  const customer = await makeCustomer(send);
  const during = async (request) => {
    await taken(child);
    const reply = await send(request);
    return { reply, statements: (await taken(child)).stacks };
  };
  let subject;
  const answered = ({ id, customer_id, extension }) => {
    subject = { id, customer: customer_id, number: extension, password: passwordOf(PASSWORD) };
  };
  const found = {};
  for (let count = 0; count <= WARM_UPS; count++) {
    const list = await during(listing(customer.id));
    const create = await during({ ...creation(customer.id, String(NUMBER + count), PASSWORD), answered });
    const update = await during(change(subject, PASSWORD + 1));
    const remove = await during(removal(subject));
    const select = list.statements.find(({ text }) => /from [`]?registrar_extensions/i.test(text));
    const write = ({ statements }, password) => ({
      subject: { ...subject, password },
      statements: transactionsOf(statements, subject).map(bare),
    });
    found.select = bare(select);
    found.create = write(create, passwordOf(PASSWORD));
    found.update = write(update, passwordOf(PASSWORD + 1));
    found.delete = write(remove, passwordOf(PASSWORD + 1));
  }
  return found;
}

/** Runs this checkout's build with the hook of `npm run measure`. */
export async function recordStatements(status) {
  await createVirtualHost(status.rabbitmq, VIRTUAL_HOST);
  const environment = environmentOn(status, VIRTUAL_HOST);
  const peers = await servePeers(environment.RABBITMQ_ADDRESS);
  const child = await startService(environment);
  const caller = await SharedCaller.open(environment.RABBITMQ_ADDRESS);
  try {
    return await recordOn(caller, child);
  } finally {
    await caller.close();
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await Promise.all(peers.map((peer) => peer.close()));
  }
}

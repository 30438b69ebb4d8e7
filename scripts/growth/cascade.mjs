// A customer with very many extensions is deleted while other customers' callers read.
import { setTimeout as pause } from 'node:timers/promises';
import { bigCustomer, sampleOf } from './sample.mjs';
import { seedCustomer } from './seed.mjs';

const TRUNKS = 100;
const CALLERS = [1, 20];
const WINDOW_MS = 10_000;
const POLL_MS = 500;

/** Most reads are of one extension or its contacts; one of ten is a list. */
function readsOn({ caller }, sample) {
  const get = (uri, data) => caller.call('GET', uri, data);
  return (n) => {
    const { id, customer: customer_id, extension } = sample[n % sample.length];
    if (n % 10 === 9) return get('/v1/extensions?page_token=&page_size=100', { customer_id, deleted: false });
    if (n % 3 === 0) return get('/v1/contacts', { customer_id, extension });
    return get(`/v1/extensions/${id}`);
  };
}

async function window(read, callers, isOver = () => false) {
  const startedAt = performance.now();
  const end = startedAt + WINDOW_MS;
  let [requests, failures] = [0, 0];
  const call = async () => {
    while (performance.now() < end && !isOver()) await read(requests++).catch(() => failures++);
  };
  await Promise.all(Array.from({ length: callers }, call));
  return { callers, seconds: (performance.now() - startedAt) / 1_000, requests, failures };
}

/** Windows in turns; an array of windows for each number of callers. */
async function windows(read, turns, isOver = () => false) {
  const done = CALLERS.map(() => []);
  for (let turn = 0; turn < turns && !isOver(); turn++)
    for (const [at, callers] of CALLERS.entries()) if (!isOver()) done[at].push(await window(read, callers, isOver));
  return done;
}

const rate = (parts) => {
  const whole = parts.filter(({ seconds }) => seconds > WINDOW_MS / 2_000);
  return whole.reduce((sum, { requests }) => sum + requests, 0) / whole.reduce((sum, { seconds }) => sum + seconds, 0);
};

/** Watches the service until all records of the customer are gone and all their events are out. */
class Watch {
  isOver = false;
  peakMegabytes = 0;
  seconds = 0;
  points = [];

  async run(installation, customerId, expected, say) {
    const { sql, databases } = installation;
    const bytes = Buffer.from(customerId.replaceAll('-', ''), 'hex');
    const startedAt = performance.now();
    const before = installation.events;
    const living = `SELECT (SELECT COUNT(*) FROM ${databases.bin}.registrar_extensions WHERE customer_id = ? AND tm_delete IS NULL)
      + (SELECT COUNT(*) FROM ${databases.bin}.registrar_trunks WHERE customer_id = ? AND tm_delete IS NULL) AS count`;
    for (let n = 0; ; n++) {
      this.peakMegabytes = Math.max(this.peakMegabytes, installation.megabytes);
      const events = installation.events - before;
      if (events >= expected && Number((await sql.query(living, [bytes, bytes]))[0].count) === 0) break;
      if (n % 20 === 0) say(`${events} of ${expected} events, ${installation.megabytes} MB`);
      await pause(POLL_MS);
    }
    this.seconds = (performance.now() - startedAt) / 1_000;
    this.isOver = true;
  }
}

export async function cascade(installation, server, { extensions, turns = 2, say }) {
  const big = await bigCustomer(installation.sql);
  const table = `${installation.databases.bin}.registrar_extensions`;
  const read = readsOn(installation, await sampleOf(installation.sql, table, 'extension', big, 300));
  const customerId = await seedCustomer(server, installation.databases, { extensions, trunks: TRUNKS });
  say('seeded the customer');
  await windows(read, 1);
  const before = await windows(read, turns);
  const start = await installation.heap.afterCollection();
  const cpuBefore = installation.cpuSeconds;
  const watch = new Watch();
  const eventsBefore = installation.events;
  installation.announceDeletion(customerId);
  const watching = watch.run(installation, customerId, extensions + TRUNKS, say);
  const during = await windows(read, Infinity, () => watch.isOver);
  await watching;
  const events = installation.events - eventsBefore;
  const end = await installation.heap.afterCollection();
  const after = await windows(read, turns);
  return {
    extensions,
    seconds: watch.seconds,
    events,
    cpuSeconds: installation.cpuSeconds - cpuBefore,
    rssMegabytes: { start: start.rss / 2 ** 20, peak: watch.peakMegabytes, end: end.rss / 2 ** 20 },
    heapMegabytes: { start: start.heapUsed / 2 ** 20, end: end.heapUsed / 2 ** 20 },
    reads: CALLERS.map((callers, at) => {
      const alone = rate([...before[at], ...after[at]]);
      const beside = rate(during[at]);
      const failures = during[at].reduce((sum, part) => sum + part.failures, 0);
      return { callers, alone, beside, share: beside / alone, failures };
    }),
  };
}

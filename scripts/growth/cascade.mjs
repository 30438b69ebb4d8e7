// A customer with very many extensions is deleted while other customers' callers read.
import { setTimeout as pause } from 'node:timers/promises';
import { failuresOf, readsOn, shares, windows } from './reads.mjs';
import { seedCustomer } from './seed.mjs';

const TRUNKS = 100;
const SMALL = 3_000;
const TURNS = 4;
const POLL_MS = 500;

/** Watches the service until all records of the customer are gone and all their events are out. */
class Watch {
  isOver = false;
  peakMegabytes = 0;
  seconds = 0;

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
  }
}

/** Deletes the customer's records while others read. Returns the windows of the readers, and what the watch saw. */
async function deletion(installation, customerId, expected, { read, say }) {
  const watch = new Watch();
  installation.announceDeletion(customerId);
  const watching = watch.run(installation, customerId, expected, say).finally(() => (watch.isOver = true));
  const [beside] = await Promise.all([windows(read, Infinity, () => watch.isOver), watching]);
  return { beside, watch };
}

/** The machine's speed changes within minutes, so the readers are alone and beside a small cascade in turns. */
async function readsBeside(installation, server, { read, say }) {
  const customers = [];
  for (let n = 0; n < TURNS; n++)
    customers.push(await seedCustomer(server, installation.databases, { extensions: SMALL, trunks: TRUNKS }));
  await windows(read, 1);
  const [alone, beside] = [[], []];
  for (const customerId of customers) {
    alone.push(await windows(read, 1));
    beside.push((await deletion(installation, customerId, SMALL + TRUNKS, { read, say })).beside);
  }
  return shares({ alone, beside });
}

export async function cascade(installation, server, { extensions, say }) {
  const read = await readsOn(installation);
  const reads = await readsBeside(installation, server, { read, say });
  const customerId = await seedCustomer(server, installation.databases, { extensions, trunks: TRUNKS });
  say('seeded the customer');
  await windows(read, 1);
  const start = await installation.heap.afterCollection();
  const [cpuBefore, eventsBefore] = [installation.cpuSeconds, installation.events];
  const { watch, beside } = await deletion(installation, customerId, extensions + TRUNKS, { read, say });
  const [cpuSeconds, events] = [installation.cpuSeconds - cpuBefore, installation.events - eventsBefore];
  const end = await installation.heap.afterCollection();
  return {
    extensions,
    seconds: watch.seconds,
    events,
    cpuSeconds,
    rssMegabytes: { start: start.rss / 2 ** 20, peak: watch.peakMegabytes, end: end.rss / 2 ** 20 },
    heapMegabytes: { start: start.heapUsed / 2 ** 20, end: end.heapUsed / 2 ** 20 },
    failures: failuresOf(beside),
    reads,
    of: { turns: TURNS, extensions: SMALL },
  };
}

// Two storms of the same phones: one alone, one beside callers; and the callers alone between them.
import { setTimeout as rest } from 'node:timers/promises';
import { REQUEST_QUEUE, ask } from '../bench/callers.mjs';
import { commit } from '../bench/facts.mjs';
import { Callers } from './callers.mjs';
import { registerAll } from './sipp.mjs';

const ALONE_MS = 15_000;
const SAMPLE = 200;
const SETTLE_MS = 2_000;

/** The numbers of a sample that the service does not list with one contact of the storm. */
async function wrongInSample({ phones, caller }) {
  const step = Math.max(1, Math.floor(phones.length / SAMPLE));
  let wrong = 0;
  let asked = 0;
  for (let n = 0; n < phones.length; n += step, asked++) {
    const { customer, extension } = phones[n];
    const data = { customer_id: customer, extension };
    await ask(caller, REQUEST_QUEUE, { method: 'PUT', uri: '/v1/contacts', data });
    const reply = await ask(caller, REQUEST_QUEUE, { method: 'GET', uri: '/v1/contacts', data });
    const listed = JSON.parse(reply.toString()).data;
    if (listed.length !== 1 || !listed[0].uri.startsWith(`sip:${extension}@`)) wrong++;
  }
  return { asked, wrong };
}

/** Runs work, and says how much processor time the service and Asterisk took. */
async function watched(site, work) {
  const before = site.cpu;
  const begun = performance.now();
  const result = await work();
  const seconds = (performance.now() - begun) / 1_000;
  const after = site.cpu;
  const share = (name) => (after[name] - before[name]) / seconds;
  return {
    ...result,
    cpu: { service: share('service'), asterisk: share('asterisk') },
    megabytes: site.serviceMegabytes,
  };
}

async function storm(site, name, rate) {
  const counted = await registerAll(site, name, rate);
  return { ...counted, contacts: await site.countContacts(), sample: await wrongInSample(site) };
}

export async function measure(site, { phones, rate, callers, pause, connections, say }) {
  const importSeconds = await site.importPhones(phones);
  say(`${phones} extensions are imported`);
  const told = site.serviceLog.length;
  const alone = await watched(site, () => storm(site, 'alone', rate));
  say('the storm alone is over');
  await site.dropContacts();
  const callersAlone = await watched(site, async () => {
    const working = new Callers(site.caller, { callers, pause }).start();
    await rest(ALONE_MS);
    return working.finish();
  });
  await rest(SETTLE_MS);
  say('the callers alone are over');
  let callersBeside;
  const beside = await watched(site, async () => {
    const working = new Callers(site.caller, { callers, pause }).start();
    const result = await storm(site, 'beside', rate);
    callersBeside = await working.finish();
    return result;
  });
  say('the storm beside the callers is over');
  const complaints = site.complaintsAfter(told);
  for (const line of complaints.slice(0, 5)) say(line);
  const facts = { ...(await site.facts()), commit: commit(), date: new Date().toISOString().slice(0, 10) };
  return {
    facts,
    asked: { phones, rate, callers, pause, connections },
    importSeconds,
    alone,
    beside,
    callersAlone,
    callersBeside,
    complaints,
  };
}

// One soak: starts peers, replicas and callers, runs the disturbances, waits until all is settled, and reports.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { environmentOf } from '../stack/environment.mjs';
import { waitFor } from '../stack/process.mjs';
import { Caller } from './caller.mjs';
import { Disturbances, WEIGHTS } from './disturbances.mjs';
import { Journal } from './journal.mjs';
import { LoadCaller } from './load.mjs';
import { servePeers } from './peers.mjs';
import { ALWAYS, checkAlways, checkSettled } from './promises.mjs';
import { randomFrom } from './random.mjs';
import { Replica } from './service.mjs';
import { Sql } from './sql.mjs';

const CALLERS = 20;
const BETWEEN_MS = [2_500, 5_000];
const SAMPLE_MS = 1_000;
const SETTLE_MS = 90_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const environmentFor = (status) => ({
  ...environmentOf(status),
  REDIS_DATABASE: '1',
  PROMETHEUS_ENDPOINT: '/metrics',
  DOMAIN_NAME_EXTENSION: 'registrar.example.org',
  DOMAIN_NAME_TRUNK: 'trunk.example.org',
  RECONCILE_INTERVAL_SECONDS: '5',
  LOG_LEVEL: 'info',
});

/** `only` limits the disturbances; `progress` is called at each step. Returns the result of the soak. */
export async function soak({ dir, status, program, seconds, seed, replicas, pauseMs, only, progress }) {
  const random = randomFrom(seed);
  mkdirSync(join(dir, 'service'), { recursive: true });
  const services = Array.from(
    { length: replicas },
    (_, index) => new Replica(program, environmentFor(status), join(dir, 'service', `replica-${index + 1}.log`)),
  );
  const [steady] = services;
  const victim = services.at(-1);
  const address = environmentOf(status).RABBITMQ_ADDRESS;
  const peers = await servePeers(address);
  const journal = await Journal.open(address);
  const caller = await Caller.connect(address);
  const sql = new Sql(status.mariadb);
  const broken = [];
  try {
    await Promise.all(services.map((service) => service.start()));
    if (!(await untilAllReady(services))) throw new Error('the service did not become ready');
    const memoryAtStart = steady.memoryMegabytes;
    const loads = Array.from({ length: CALLERS }, (_, index) => new LoadCaller(caller, seed * 1_000 + index, pauseMs));
    const end = Date.now() + seconds * 1_000;
    let isAborted = false;
    const isOver = () => isAborted || Date.now() >= end;
    const happened = {};
    await Promise.all([
      ...loads.map((load) => load.run(isOver)),
      watch(sql, steady, isOver, broken),
      disturb(new Disturbances(dir, status, victim, random), { random, only, isOver, happened, progress }),
      report(isOver, end, seconds, progress),
    ]).finally(() => (isAborted = true));
    progress({ step: 'settling' });
    if (!(await untilAllReady(services))) broken.push('the service did not become ready again');
    const settled = await settle(sql, loads, journal);
    for (const service of services) broken.push(...service.surprises);
    broken.push(...settled.broken, ...loads.flatMap((load) => load.broken));
    return account({ caller, loads, journal, happened, broken, settled, steady, memoryAtStart, seconds, seed });
  } finally {
    for (const service of services) await service.end('SIGTERM');
    sql.end();
    await Promise.all([caller, journal, ...peers].map((one) => one.close()));
  }
}

async function untilAllReady(services) {
  return (await Promise.all(services.map((service) => service.untilReady()))).every(Boolean);
}

async function disturb(disturbances, { random, only, isOver, happened, progress }) {
  const weights = Object.fromEntries(Object.entries(WEIGHTS).filter(([name]) => !only || only.includes(name)));
  if (Object.keys(weights).length === 0) return;
  await pause(random.between(...BETWEEN_MS));
  while (!isOver()) {
    const name = random.weighted(weights);
    progress({ step: name });
    happened[name] = (happened[name] ?? 0) + 1;
    // A failed disturbance, such as a refused lock, is ignored; a server that does not come back shows at the end.
    await disturbances.run(name).catch((error) => progress({ step: `${name}: ${error.message}` }));
    await pause(random.between(...BETWEEN_MS));
  }
}

/** Checks again and again what must hold at every moment. */
async function watch(sql, steady, isOver, broken) {
  const seen = new Set();
  while (!isOver()) {
    void steady.memoryMegabytes;
    try {
      for (const violation of await checkAlways(sql)) if (!seen.has(violation)) broken.push(`${violation} (meanwhile)`);
    } catch {
      sql.end(); // the server is away or busy: check again next time
    }
    await pause(SAMPLE_MS);
  }
}

async function report(isOver, end, seconds, progress) {
  while (!isOver()) {
    progress({ done: 1 - (end - Date.now()) / 1_000 / seconds });
    await pause(Math.min(500, Math.max(0, end - Date.now())));
  }
}

/** The callers repeat creates without a known outcome, the service repairs the rest. What is left then is broken. */
async function settle(sql, loads, journal) {
  const startedAt = Date.now();
  await Promise.all(loads.map((load) => load.clearDoubts()));
  const resources = loads.flatMap((load) => load.resources);
  let broken = ['nothing could be checked'];
  const check = async () => {
    broken = await checkSettled(sql, resources, journal).catch((error) => [`could not be checked: ${error.message}`]);
    return broken.length === 0;
  };
  await waitFor(check, { timeoutMs: SETTLE_MS, intervalMs: 1_000 });
  return { broken, seconds: Math.round((Date.now() - startedAt) / 1_000) };
}

function account({ caller, loads, journal, happened, broken, settled, steady, memoryAtStart, seconds, seed }) {
  const resources = loads.flatMap((load) => load.resources);
  const answers = { ...caller.answers };
  const requests = Object.values(answers).reduce((sum, count) => sum + count, 0);
  return {
    seed,
    seconds,
    disturbances: happened,
    requests,
    answers,
    slowestAnswerMs: Math.round(caller.slowestMs),
    resources: resources.length,
    eventsExpected: resources.reduce((sum, { promised }) => sum + promised.length, 0),
    eventsSeen: journal.seen,
    settledAfterSeconds: settled.seconds,
    memoryMegabytes: { start: memoryAtStart, end: steady.memoryMegabytes, peak: steady.peakMegabytes },
    promises: Object.keys(ALWAYS).length,
    broken,
  };
}

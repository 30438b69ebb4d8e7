#!/usr/bin/env node
// `npm run bench`: measures the cost of a request, for one build, or for two builds that take turns in one run.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuild, ensureDependencies, root } from './setup.mjs';

const USAGE = `Usage: npm run bench -- [--dist FOLDER [--dist FOLDER]] [--seconds 3] [--rounds 2] [--callers 50] [--json]

  --dist      a folder with a built main.js; two folders are compared. Default: this checkout, built when needed
  --seconds   duration of each operation in each round
  --rounds    measured rounds; a short round before them warms up and is not counted
  --callers   requests in flight at the same time`;

const EXTENSIONS = 100;
const WARM_UP_SECONDS = 1;
const say = (line) => process.stderr.write(`${line}\n`);

function options() {
  const { values } = parseArgs({
    options: {
      dist: { type: 'string', multiple: true },
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '2' },
      callers: { type: 'string', default: '50' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const numbers = Object.fromEntries(['seconds', 'rounds', 'callers'].map((name) => [name, Number(values[name])]));
  const areGood = Object.values(numbers).every((number) => Number.isFinite(number) && number > 0);
  if (!areGood || values.dist?.length > 2) throw new Error(USAGE);
  return { ...values, ...numbers };
}

/** A busy machine may refuse some of the first creates; a failure after many attempts is thrown. */
const refuseOften = (n) => (error) => {
  if (n > 2 * EXTENSIONS) throw error;
  return [];
};

/** Creates a customer with a hundred extensions. */
async function customerOn(channel) {
  const id = randomUUID();
  const create = (n) =>
    channel.call('POST', '/v1/extensions', { customer_id: id, extension: `2${n}`, password: `pw${n}`, name: '' });
  const made = [];
  for (let n = 0; made.length < EXTENSIONS; n++) made.push(...(await create(n).then((one) => [one], refuseOften(n))));
  return { id, pick: (n) => made[n % made.length] };
}

/**
 * Each operation sends its n-th request. `delete` removes what `create` made, and returns `undefined` when nothing is
 * left. Changes have a customer of their own: a changed password drops the cached contacts of its extension for 5 s.
 */
async function operationsOn(channel) {
  const read = await customerOn(channel);
  const changed = await customerOn(channel);
  const other = randomUUID();
  const created = [];
  const get = ({ id }) => channel.call('GET', `/v1/extensions/${id}`);
  const contacts = ({ customer_id, extension }) => channel.call('GET', '/v1/contacts', { customer_id, extension });
  const update = ({ id }, n) =>
    channel.call('PUT', `/v1/extensions/${id}`, { name: 'n', detail: '', password: `pw${n}` });
  const mix = [...Array(7).fill(get), ...Array(2).fill(contacts), update];
  return {
    'get, cached': (n) => get(read.pick(n)),
    'list of 100': () =>
      channel.call('GET', `/v1/extensions?page_size=${EXTENSIONS}`, { customer_id: read.id, deleted: false }),
    'contacts, cached': (n) => contacts(read.pick(n)),
    'update, password': (n) => update(changed.pick(n), n),
    create: async (n) => {
      const data = { customer_id: other, extension: `3${n}`, password: `pw${n}`, name: '' };
      created.push(await channel.call('POST', '/v1/extensions', data));
    },
    delete: () => (created.length > 0 ? channel.call('DELETE', `/v1/extensions/${created.pop().id}`) : undefined),
    // Every tenth request is a change; the sum makes all extensions take part in it.
    'mix 70/20/10': (n) => mix[n % mix.length](changed.pick(n + Math.floor(n / mix.length)), n),
  };
}

/** Runs the callers in parallel; each sends its next request when the last one is answered, while there is one. */
async function load(build, operation, { callers, seconds, from }) {
  const cpuBefore = build.cpuMicroseconds;
  const startedAt = performance.now();
  const end = startedAt + seconds * 1_000;
  let next = from;
  let failures = 0;
  const caller = async () => {
    while (performance.now() < end) {
      const reply = operation(next);
      if (reply === undefined) return;
      next++;
      await reply.catch(() => failures++);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const requests = next - from;
  const elapsedSeconds = (performance.now() - startedAt) / 1_000;
  return { requests, failures, elapsedSeconds, cpuMicroseconds: build.cpuMicroseconds - cpuBefore };
}

const sum = (parts, key) => parts.reduce((total, part) => total + part[key], 0);

async function measure(builds, { rounds, seconds, callers }) {
  const operations = new Map();
  for (const build of builds) operations.set(build, await operationsOn(build.channel));
  const names = Object.keys(operations.get(builds[0]));
  const parts = Object.fromEntries(builds.map(({ label }) => [label, Object.fromEntries(names.map((n) => [n, []]))]));
  const served = new Map();
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      // The builds alternate in going first.
      for (const build of round % 2 === 0 ? builds : builds.toReversed()) {
        const key = `${build.label} ${name}`;
        const from = served.get(key) ?? EXTENSIONS;
        const spent = round === 0 ? Math.min(WARM_UP_SECONDS, seconds) : seconds;
        const part = await load(build, operations.get(build)[name], { callers, seconds: spent, from });
        served.set(key, from + part.requests);
        if (round > 0) parts[build.label][name].push(part);
      }
    }
    say(round === 0 ? 'warmed up' : `round ${round} of ${rounds}`);
  }
  return builds.map((build) => ({
    label: build.label,
    memoryMegabytes: build.memoryMegabytes,
    operations: names.map((name) => {
      const measured = parts[build.label][name];
      const requests = sum(measured, 'requests');
      return {
        name,
        perSecond: requests / sum(measured, 'elapsedSeconds'),
        cpuMicroseconds: sum(measured, 'cpuMicroseconds') / requests,
        failures: sum(measured, 'failures'),
      };
    }),
  }));
}

function print([a, b]) {
  const cell = (value, digits = 0) => (value === undefined ? '' : value.toFixed(digits)).padStart(9);
  const ratio = (of) => (b ? cell(of(b) / of(a), 2) : '');
  const head = (unit) => `${`A ${unit}`.padStart(9)}${b ? `${`B ${unit}`.padStart(9)}${'B/A'.padStart(9)}` : ''}`;
  const row = (name, columns) => console.log(`${name.padEnd(18)}${columns.join('   ')}`);
  const pair = (of) => `${cell(of(a))}${b ? cell(of(b)) : ''}${ratio(of)}`;
  row('', [head('req/s'), head('CPU µs')]);
  a.operations.forEach(({ name }, index) => {
    const at = (key) => (build) => build.operations[index][key];
    row(name, [pair(at('perSecond')), pair(at('cpuMicroseconds'))]);
  });
  for (const { label, operations } of [a, b].filter(Boolean))
    for (const { name, failures } of operations)
      if (failures > 0) console.log(`${label}: ${failures} requests of "${name}" failed`);
  row('memory, MB', [pair(({ memoryMegabytes }) => memoryMegabytes)]);
}

async function main() {
  const asked = options();
  if (asked.help) return say(USAGE);
  await ensureDependencies(say);
  if (!asked.dist) await ensureBuild(say);
  const folders = (asked.dist ?? [join(root, 'dist')]).map((folder) => resolve(folder));
  const [{ Build }, lifecycle] = await Promise.all([import('./bench/builds.mjs'), import('./stack/lifecycle.mjs')]);
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'registrar-manager-bench-')));
  const builds = folders.map((folder, index) => new Build('AB'[index], folder));
  const end = async () => {
    await Promise.allSettled(builds.map((build) => build.stop()));
    await lifecycle.down(dir, { discard: true });
    rmSync(dir, { recursive: true, force: true });
  };
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => void end().finally(() => process.exit(130)));
  try {
    const status = await lifecycle.up(dir, { profile: 'test', say });
    for (const build of builds) await build.start(status, dir);
    const results = await measure(builds, asked);
    if (asked.json) console.log(JSON.stringify(results));
    else print(results);
  } finally {
    await end();
  }
}

main().catch((error) => {
  say(error.stack);
  process.exitCode = 1;
});

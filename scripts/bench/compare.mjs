// Measures one build, or two builds that take turns in one run.
import { join } from 'node:path';
import { SharedCaller, REQUEST_QUEUE, ask } from './callers.mjs';
import { Build } from './builds.mjs';
import { insertContacts } from './contacts.mjs';
import { closedLoop } from './loops.cjs';
import { LABELS, OPERATIONS, Requests, makeCustomer } from './operations.mjs';

const WARM_UP_SECONDS = 1;
const sum = (parts, key) => parts.reduce((total, part) => total + part[key], 0);

/** A build with its caller and its requests. */
async function open(build, status) {
  const caller = await SharedCaller.open(build.address);
  const send = (request) => ask(caller, REQUEST_QUEUE, request);
  const read = await makeCustomer(send);
  await insertContacts(status, read);
  const requests = new Requests({ read, changed: await makeCustomer(send) });
  const served = Object.fromEntries(OPERATIONS.map((operation) => [operation, 0]));
  const load = async (operation, { callers, seconds }) => {
    const before = build.cpuMicroseconds;
    const next = () => requests.next(operation, served[operation]++);
    const { requests: count, failures, elapsedSeconds } = await closedLoop(send, next, { callers, seconds });
    return { requests: count, failures, elapsedSeconds, cpuMicroseconds: build.cpuMicroseconds - before };
  };
  return { build, load, close: () => caller.close(), parts: Object.fromEntries(OPERATIONS.map((name) => [name, []])) };
}

const resultOf = ({ build, parts }) => ({
  label: build.label,
  memoryMegabytes: build.memoryMegabytes,
  operations: OPERATIONS.map((operation) => {
    const of = (key) => sum(parts[operation], key);
    return {
      name: LABELS[operation],
      perSecond: (of('requests') - of('failures')) / of('elapsedSeconds'),
      cpuMicroseconds: of('cpuMicroseconds') / of('requests'),
      failures: of('failures'),
    };
  }),
});

async function measure(opened, { rounds, seconds, callers, say }) {
  for (let round = 0; round <= rounds; round++) {
    for (const operation of OPERATIONS) {
      // The builds alternate in going first.
      for (const { load, parts } of round % 2 === 0 ? opened : opened.toReversed()) {
        const spent = round === 0 ? Math.min(WARM_UP_SECONDS, seconds) : seconds;
        const part = await load(operation, { callers, seconds: spent });
        if (round > 0) parts[operation].push(part);
      }
    }
    say(round === 0 ? 'warmed up' : `round ${round} of ${rounds}`);
  }
  return opened.map(resultOf);
}

/** Starts the builds on the running stack, measures them, and stops them. */
export async function compare(folders, { status, dir, ...settings }) {
  const builds = folders.map((folder, index) => new Build('AB'[index], folder));
  const opened = [];
  try {
    for (const build of builds) {
      await build.start(status, join(dir, `service-${build.label}.log`));
      opened.push(await open(build, status));
    }
    return await measure(opened, settings);
  } finally {
    await Promise.allSettled(opened.map(({ close }) => close()));
    await Promise.allSettled(builds.map((build) => build.stop()));
  }
}

export function print([a, b]) {
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

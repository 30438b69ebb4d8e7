#!/usr/bin/env node
// `npm run soak`: callers send requests while the servers around the service fail; then every promise is checked.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuild, ensureDependencies, root } from './setup.mjs';

const USAGE = `Usage: npm run soak -- [--minutes 15] [--seed 1] [--replicas 2] [--pause 75] [--only NAME,NAME]
                        [--json] [--keep]

  --minutes    how long the disturbances last; fractions are allowed
  --seed       the same seed gives the same disturbances in the same order
  --replicas   number of replicas; the last one is killed, the first one is measured
  --pause      milliseconds that each of the 20 callers waits between two requests, on average
  --only       only these disturbances, e.g. "tables locked,service killed"
  --json       print the result as JSON on stdout
  --keep       keep the folder with the logs after a good run too`;

const say = (line) => process.stderr.write(`${line}\n`);

function options() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '15' },
      seed: { type: 'string', default: '1' },
      replicas: { type: 'string', default: '2' },
      pause: { type: 'string', default: '75' },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const numbers = {
    seconds: Number(values.minutes) * 60,
    seed: Number(values.seed),
    replicas: Number(values.replicas),
    pauseMs: Number(values.pause),
  };
  if (!Object.values(numbers).every((number) => Number.isFinite(number) && number > 0)) throw new Error(USAGE);
  return { ...values, ...numbers, only: values.only?.split(',') };
}

/** A progress bar on a terminal; elsewhere a line for each disturbance. */
function progressTo(stream) {
  let last = 'starting';
  let done = 0;
  const startedAt = Date.now();
  return ({ step, done: share }) => {
    last = step ?? last;
    done = share ?? done;
    if (stream.isTTY) {
      const filled = Math.round(done * 30);
      const bar = `${'█'.repeat(filled)}${'░'.repeat(30 - filled)}`;
      stream.write(`\r${bar} ${String(Math.round(done * 100)).padStart(3)} %  ${last.padEnd(28)}`);
    } else if (step) stream.write(`${String(Math.round((Date.now() - startedAt) / 1_000)).padStart(5)} s  ${step}\n`);
  };
}

const list = (counts) =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

function print(account) {
  const { memoryMegabytes: memory, broken } = account;
  const lines = [
    ['disturbances', list(account.disturbances)],
    ['requests', account.requests],
    ['answers by status', list(account.answers).replace(/\b0 /, 'none ')],
    ['slowest answer', `${account.slowestAnswerMs} ms`],
    ['resources', account.resources],
    ['events expected', account.eventsExpected],
    ['events seen', account.eventsSeen],
    ['settled after', `${account.settledAfterSeconds} s`],
    ['memory of a replica', `${memory.start} MB at start, ${memory.end} MB at end, ${memory.peak} MB at most`],
    ['promises broken', broken.length],
  ];
  process.stdout.write(`\n${lines.map(([name, value]) => `${name.padEnd(20)} ${value}`).join('\n')}\n`);
  for (const line of broken.slice(0, 50)) process.stdout.write(`  ${line}\n`);
}

async function main() {
  const asked = options();
  if (asked.help) return say(USAGE);
  const built = process.env.REGISTRAR_DIST;
  if (!built) {
    await ensureDependencies(say);
    await ensureBuild(say);
  }
  const program = resolve(built ?? join(root, 'dist'));
  const [{ soak }, lifecycle] = await Promise.all([import('./soak/run.mjs'), import('./stack/lifecycle.mjs')]);
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'registrar-manager-soak-')));
  let isGood = false;
  const end = async () => {
    await lifecycle.down(dir, { discard: true });
    if (isGood && !asked.keep) rmSync(dir, { recursive: true, force: true });
    else say(`Logs: ${dir}`);
  };
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => void end().finally(() => process.exit(130)));
  try {
    const status = await lifecycle.up(dir, { profile: 'test', say });
    const account = await soak({ ...asked, dir, status, program, progress: progressTo(process.stderr) });
    if (asked.json) process.stdout.write(`${JSON.stringify(account)}\n`);
    else print(account);
    isGood = account.broken.length === 0;
  } finally {
    await end();
  }
  process.exitCode = isGood ? 0 : 1;
}

main().catch((error) => {
  say(error.stack);
  process.exitCode = 1;
});

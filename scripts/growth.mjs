#!/usr/bin/env node
// `npm run bench:growth`: what a request costs with a thousand records and with a million, and what stays in memory.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuild, ensureDependencies, root } from './setup.mjs';

const USAGE = `Usage: npm run bench:growth -- [--rounds 5] [--requests 40] [--pool 128] [--reconcile N] [--cascade N] [--soak N]
                               [--write] [--dir FOLDER]

  --rounds    rounds of every request on both sizes; 0 leaves the latencies out
  --requests  requests of each kind in a round
  --pool      the buffer pool of the database while it is measured, in megabytes
  --reconcile also damage so many rows, and let the command compare and repair them while others read
  --cascade   also delete a customer with so many extensions while others read
  --soak      also send so many requests, and compare the memory after a tenth with that at the end
  --write     write the results to bench/results/growth
  --dir       keep the servers' data in this folder, for a later run`;

const say = (line) => process.stderr.write(`${String(Math.round(performance.now() / 1_000)).padStart(6)} s  ${line}\n`);

function options() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      requests: { type: 'string', default: '40' },
      pool: { type: 'string', default: '128' },
      reconcile: { type: 'string', default: '0' },
      cascade: { type: 'string', default: '0' },
      soak: { type: 'string', default: '0' },
      write: { type: 'boolean', default: false },
      dir: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const names = ['rounds', 'requests', 'pool', 'reconcile', 'cascade', 'soak'];
  const numbers = Object.fromEntries(names.map((name) => [name, Number(values[name])]));
  if (!Object.values(numbers).every((value) => Number.isInteger(value) && value >= 0)) throw new Error(USAGE);
  return { ...values, ...numbers };
}

async function measureAll(asked, status, dir, installations) {
  const [{ Installation }, { SIZES }, { seed }, { measure }, { cascade }, { million }, { fillPool }, { reconcile }] =
    await Promise.all(
      ['installation', 'sizes', 'seed', 'measure', 'cascade', 'million', 'pool', 'reconcile'].map(
        (name) => import(`./growth/${name}.mjs`),
      ),
    );
  const program = resolve(process.env.REGISTRAR_DIST ?? join(root, 'dist'));
  const both = Object.values(SIZES).map(({ name }, at) => new Installation(name, at + 1, { status, dir }));
  const [, large] = both;
  installations.push(...both);
  for (const one of both) {
    await one.start(program);
    await seed(one.sql, status.mariadb, one.databases, SIZES[one.name]);
    say(`${one.name}: ready`);
  }
  await fillPool(status.mariadb, asked.pool, both);
  say('the buffer pool is filled');
  const results = { poolMegabytes: asked.pool };
  if (asked.rounds > 0) results.latency = await measure(both, { ...asked, say });
  if (asked.soak > 0) results.million = await million(large, { requests: asked.soak, say });
  if (asked.reconcile > 0) results.reconcile = await reconcile(large, program, { damaged: asked.reconcile, say });
  if (asked.cascade > 0) results.cascade = await cascade(large, status.mariadb, { extensions: asked.cascade, say });
  return results;
}

async function main() {
  const asked = options();
  if (asked.help) return say(USAGE);
  await ensureDependencies(say);
  if (!process.env.REGISTRAR_DIST) await ensureBuild(say);
  const [lifecycle, { GROWN_MAX_BYTES, textOf, write }] = await Promise.all([
    import('./stack/lifecycle.mjs'),
    import('./growth/report.mjs'),
  ]);
  const dir = asked.dir ? resolve(asked.dir) : realpathSync(mkdtempSync(join(tmpdir(), 'registrar-manager-growth-')));
  const installations = [];
  let ended;
  // A signal and the end of the measurement may both come; the second waits for what the first has begun.
  const end = () =>
    (ended ??= (async () => {
      await Promise.allSettled(installations.map((one) => one.stop()));
      await lifecycle.down(dir, { discard: !asked.dir });
      if (!asked.dir) rmSync(dir, { recursive: true, force: true });
    })());
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => void end().finally(() => process.exit(130)));
  try {
    const results = await measureAll(asked, await lifecycle.up(dir, { profile: 'test', say }), dir, installations);
    process.stdout.write(textOf(results));
    if (asked.write) say(`written to ${write(results)}`);
    if (results.million?.grown > GROWN_MAX_BYTES) process.exitCode = 1;
  } finally {
    await end();
  }
}

main().catch((error) => {
  say(error.stack);
  process.exitCode = 1;
});

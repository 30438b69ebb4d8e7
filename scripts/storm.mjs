#!/usr/bin/env node
// `npm run storm`: phones register at a real Asterisk through SIPp, alone and while callers change extensions.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuild, ensureDependencies } from './setup.mjs';
import { ensureSipPrograms } from './sip.mjs';

const USAGE = `Usage: npm run storm -- [--phones 10000] [--rate 200] [--callers 20] [--pause 250] [--connections N] [--write]

  --phones       phones, each of an extension of its own
  --rate         phones a second that begin to register
  --callers      callers that create, change and delete other extensions in the second half
  --pause        so many milliseconds a caller rests before each request
  --connections  max_connections of res_odbc.conf instead of that in docs/sip.md
  --write        writes the result to bench/results/storm and to docs/sip.md`;

const say = (line) => process.stderr.write(`${String(Math.round(performance.now() / 1_000)).padStart(6)} s  ${line}\n`);

function options() {
  const { values } = parseArgs({
    options: {
      phones: { type: 'string', default: '10000' },
      rate: { type: 'string', default: '200' },
      callers: { type: 'string', default: '20' },
      pause: { type: 'string', default: '250' },
      connections: { type: 'string', default: '0' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const names = ['phones', 'rate', 'callers', 'pause', 'connections'];
  const numbers = Object.fromEntries(names.map((name) => [name, Number(values[name])]));
  if (!Object.values(numbers).every((value) => Number.isInteger(value) && value >= 0)) throw new Error(USAGE);
  return { ...values, ...numbers };
}

async function main() {
  const asked = options();
  if (asked.help) return say(USAGE);
  await ensureDependencies(say);
  await ensureBuild(say);
  const { environment, reason } = await ensureSipPrograms(say);
  if (!environment) throw new Error(`There is no Asterisk: ${reason}.`);
  Object.assign(process.env, environment);
  const [lifecycle, { Site }, { measure }, { textOf, write }] = await Promise.all(
    ['../stack/lifecycle', 'site', 'measure', 'report'].map((name) => import(`./storm/${name}.mjs`)),
  );
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'registrar-manager-storm-')));
  let site;
  let ended;
  const end = () =>
    (ended ??= (async () => {
      await site?.close();
      await lifecycle.down(dir, { discard: true });
      rmSync(dir, { recursive: true, force: true });
    })());
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => void end().finally(() => process.exit(130)));
  try {
    site = new Site(await lifecycle.up(dir, { profile: 'test', say }), dir);
    await site.open(asked);
    const results = await measure(site, { ...asked, say });
    process.stdout.write(textOf(results));
    if (asked.write) say(`written to ${write(results)}`);
  } finally {
    await end();
  }
}

main().catch((error) => {
  say(error.stack);
  process.exitCode = 1;
});

#!/usr/bin/env node
// `npm run bench`: measures the cost of a request, for one build, or for two builds that take turns in one run.
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

async function main() {
  const asked = options();
  if (asked.help) return say(USAGE);
  await ensureDependencies(say);
  if (!asked.dist) await ensureBuild(say);
  const folders = (asked.dist ?? [join(root, 'dist')]).map((folder) => resolve(folder));
  const [{ compare, print }, lifecycle] = await Promise.all([
    import('./bench/compare.mjs'),
    import('./stack/lifecycle.mjs'),
  ]);
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'registrar-manager-bench-')));
  const end = async () => {
    await lifecycle.down(dir, { discard: true });
    rmSync(dir, { recursive: true, force: true });
  };
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => void end().finally(() => process.exit(130)));
  try {
    const status = await lifecycle.up(dir, { profile: 'test', say });
    const results = await compare(folders, { ...asked, status, dir, say });
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

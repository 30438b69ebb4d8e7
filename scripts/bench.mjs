#!/usr/bin/env node
// `npm run bench`: measures the service beside its floors and records the result; or compares two builds.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuild, ensureDependencies, root } from './setup.mjs';

const USAGE = `Usage: npm run bench -- [--quick [--json]] [--results FOLDER] [--seconds N] [--rounds N] [--node FILE]
       npm run bench -- --dist FOLDER [--dist FOLDER] [--seconds 3] [--rounds 2] [--callers 50] [--json] [--node FILE]

Measures the service beside its floors, and writes the result to bench/results and docs/performance.md.

  --quick     compares ratios with those recorded last, and writes nothing; fails when one fell
  --results   another folder for results; docs/performance.md stays as it is
  --dist      a folder with a built main.js: prints its rates; two folders are compared
  --seconds   duration of each part in each round: 1, with --quick 0.4
  --rounds    measured rounds: 5, with --quick 9; a short round before them warms up and is not counted
  --callers   requests in flight at the same time
  --json      prints the figures as JSON
  --node      another Node.js that runs the service and all beside it`;

const DEFAULTS = {
  compare: { seconds: 3, rounds: 2 },
  quick: { seconds: 0.4, rounds: 9 },
  full: { seconds: 1, rounds: 5 },
};
/** A part of the open loop, beside another part. */
const OPEN_SECONDS = 2;
const say = (line) => process.stderr.write(`${line}\n`);

function options() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      results: { type: 'string' },
      dist: { type: 'string', multiple: true },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      callers: { type: 'string', default: '50' },
      json: { type: 'boolean', default: false },
      node: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  // Many short rounds: what disturbs the machine for a second then disturbs only one of them.
  const defaults = values.dist ? DEFAULTS.compare : values.quick ? DEFAULTS.quick : DEFAULTS.full;
  const numbers = Object.fromEntries(
    ['seconds', 'rounds', 'callers'].map((name) => [name, Number(values[name] ?? defaults[name])]),
  );
  const areGood = Object.values(numbers).every((number) => Number.isFinite(number) && number > 0);
  if (!areGood || values.dist?.length > 2) throw new Error(USAGE);
  return { ...values, ...numbers };
}

/** Runs `work` on servers of its own. */
async function onStack(work) {
  const lifecycle = await import('./stack/lifecycle.mjs');
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'registrar-manager-bench-')));
  const end = async () => {
    await lifecycle.down(dir, { discard: true });
    rmSync(dir, { recursive: true, force: true });
  };
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => void end().finally(() => process.exit(130)));
  try {
    const status = await lifecycle.up(dir, { profile: 'test', say });
    return await work({ status, dir, say });
  } finally {
    await end();
  }
}

async function compareBuilds({ dist, json, ...asked }) {
  const { compare, print } = await import('./bench/compare.mjs');
  const folders = dist.map((folder) => resolve(folder));
  const results = await onStack((stack) => compare(folders, { ...asked, ...stack }));
  if (json) console.log(JSON.stringify(results));
  else print(results);
}

const measureOn = async ({ seconds, rounds, quick }) => {
  await ensureBuild(say);
  const { measure } = await import('./bench/run.mjs');
  const openSeconds = OPEN_SECONDS * seconds;
  return onStack((stack) => measure({ ...stack, isQuick: quick, seconds, openSeconds, rounds }));
};

async function guard(asked) {
  const [{ newest }, { guardText }] = await Promise.all([import('./bench/records.mjs'), import('./bench/guard.cjs')]);
  const recorded = newest(asked.results);
  if (recorded === undefined) throw new Error('No result is recorded to compare with: run npm run bench first.');
  const result = await measureOn(asked);
  const { text, hasFallen } = guardText(recorded, result);
  console.log(asked.json ? JSON.stringify(result) : text);
  if (hasFallen) process.exitCode = 1;
}

async function recordRun(asked) {
  const { performancePart, record, RESULTS } = await import('./bench/records.mjs');
  const result = await measureOn(asked);
  const page = record(result, asked.results ?? RESULTS);
  console.log(readFileSync(page, 'utf8'));
  say(`Written: ${page}`);
  if (asked.results !== undefined) return;
  const { withPart } = await import('./docs-tables.mjs');
  const document = join(root, 'docs/performance.md');
  writeFileSync(document, (await withPart(document, 'bench', performancePart())).after);
}

/** Runs this program again on another Node.js. */
async function onNode(node) {
  const at = process.argv.findIndex((argument) => argument.startsWith('--node'));
  const args = process.argv.slice(2).toSpliced(at - 2, process.argv[at] === '--node' ? 2 : 1);
  const child = spawn(resolve(node), [import.meta.filename, ...args], { stdio: 'inherit' });
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => child.kill(name));
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
}

async function main() {
  const asked = options();
  if (asked.help) return say(USAGE);
  if (asked.node) return onNode(asked.node);
  await ensureDependencies(say);
  if (asked.dist) return compareBuilds(asked);
  return asked.quick ? guard(asked) : recordRun(asked);
}

main().catch((error) => {
  say(error.stack);
  process.exitCode = 1;
});

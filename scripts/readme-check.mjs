#!/usr/bin/env node
// The tables of README.md that come from the code: says whether they are current, or writes them (--write).
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureBuild, ensureDependencies, root } from './setup.mjs';

const say = (line) => process.stderr.write(`${line}\n`);
const require = createRequire(import.meta.url);
const file = join(root, 'README.md');

async function main() {
  await ensureDependencies(say);
  await ensureBuild(say);
  const { configTable } = require('../dist/platform/config/config.js');
  const { metricsTable } = require('../dist/platform/observability/metrics/metric.definitions.js');
  const prettier = await import('prettier');
  const before = readFileSync(file, 'utf8');
  let after = before;
  for (const [name, table] of Object.entries({ config: configTable(), metrics: metricsTable() })) {
    const place = new RegExp(`(<!-- ${name}-table -->\\n)[\\s\\S]*?(\\n<!-- /${name}-table -->)`);
    if (!place.test(after)) throw new Error(`README.md has no place for the ${name} table`);
    after = after.replace(place, (_, start, end) => `${start}\n${table}\n${end}`);
  }
  after = await prettier.format(after, { ...(await prettier.resolveConfig(file)), filepath: file });
  if (after === before) return 'The tables of README.md are current.';
  if (!process.argv.includes('--write'))
    throw new Error('The tables of README.md are not current; run: node scripts/readme-check.mjs --write');
  writeFileSync(file, after);
  return 'The tables of README.md were renewed.';
}

try {
  say(await main());
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}

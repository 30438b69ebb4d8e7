#!/usr/bin/env node
// Checks what is generated in docs, from the code and from the recorded bench, or writes it (--write).
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureBuild, ensureDependencies, root } from './setup.mjs';

const say = (line) => process.stderr.write(`${line}\n`);
const require = createRequire(import.meta.url);

/** The document with `text` between the markers `<!-- name -->` and `<!-- /name -->`, formatted. */
export async function withPart(file, name, text) {
  const { format } = await import('oxfmt');
  const before = readFileSync(file, 'utf8');
  const place = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!place.test(before)) throw new Error(`${file} has no place for the ${name}`);
  const after = before.replace(place, (_, start, end) => `${start}\n${text}\n\n${end}`);
  const { code, errors } = await format(file, after, JSON.parse(readFileSync(join(root, '.oxfmtrc.json'), 'utf8')));
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  return { before, after: code };
}

async function main() {
  await ensureDependencies(say);
  await ensureBuild(say);
  const { configTable } = require('../dist/platform/config/config.js');
  const { performancePart } = await import('./bench/records.mjs');
  const { metricsTable } = require('../dist/platform/observability/metrics/metric.definitions.js');
  for (const [path, name, table] of [
    ['docs/configuration.md', 'config-table', configTable()],
    ['docs/metrics.md', 'metrics-table', metricsTable()],
    ['docs/performance.md', 'bench', performancePart()],
  ]) {
    const file = join(root, path);
    const { before, after } = await withPart(file, name, table);
    if (after === before) say(`${path} is current.`);
    else if (!process.argv.includes('--write'))
      throw new Error(`${path} is not current; run: node scripts/docs-tables.mjs --write`);
    else {
      writeFileSync(file, after);
      say(`${path} was renewed.`);
    }
  }
}

if (import.meta.filename === process.argv[1]) {
  main().catch((error) => {
    say(error.message);
    process.exitCode = 1;
  });
}

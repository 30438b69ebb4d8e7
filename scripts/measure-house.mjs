#!/usr/bin/env node
// Measures the code: files that run for a request, constructor arguments, lines by folder. Prints the table of
// docs/architecture.md; --write puts it there, --static leaves out what needs servers, --files lists the files.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withPart } from './docs-tables.mjs';
import { measureRequests } from './measure/requests.mjs';
import { constructors, linesBelow, longConstructors, sources } from './measure/sources.mjs';
import { ensureBuild, ensureDependencies, root } from './setup.mjs';

const say = (line) => process.stderr.write(`${line}\n`);
const asked = (flag) => process.argv.includes(flag);
const percent = (part, whole) => `${Math.round((100 * part) / whole)} %`;
const number = (value) => value.toLocaleString('en-US');

function staticRows() {
  const files = sources();
  const all = linesBelow(files, '');
  const [platform, cli, schema] = ['platform/', 'cli', 'platform/database/schema/'].map((folder) =>
    linesBelow(files, folder),
  );
  const locks = linesBelow(files, 'platform/database/lock/');
  const [most] = constructors(files);
  const long = longConstructors(files).map(({ name, count }) => `${name} ${count}`);
  const folders = [
    ...new Set(files.map(({ path }) => path.split('/')[0]).filter((name) => !name.endsWith('.ts'))),
  ].sort();
  const readme = readFileSync(join(root, 'README.md'), 'utf8').split('\n').length - 1;
  return [
    ['most arguments of a constructor', '13', '12', `${most.count} (${most.name})`, '≤ 6'],
    ['constructors with more than 6 arguments', '–', '11', long.join(', ') || 'none', 'none'],
    [
      'lines of `src/platform`, share of `src`',
      '8,807, 60 %',
      '9,747, 54 %',
      `${number(platform)}, ${percent(platform, all)}`,
      '≤ 45 %',
    ],
    ['lines of the command line', '3,272', '4,130', number(cli), '≤ 2,600'],
    ["lines of the schema's code and its locks", '1,204', '1,901', number(schema + locks), '≤ 850'],
    ['lines of the README', '428', '434', number(readme), '≤ 150'],
    ['lines of `src` without specs', '14,775', '18,206', number(all), '≤ 12,800'],
    ['files of `src` without specs', '251', '295', number(files.length), '–'],
    [
      'lines by folder',
      '–',
      '–',
      folders.map((name) => `${name} ${number(linesBelow(files, `${name}/`))}`).join(', '),
      '–',
    ],
  ];
}

async function dynamicRows() {
  await ensureDependencies(say);
  await ensureBuild(say);
  const { found, frames } = await measureRequests(say);
  const count = (name) => String(found[name].files.length);
  if (asked('--files')) say(JSON.stringify({ ...found, frames }, null, 1));
  return [
    ['own files that run for `extension get` from the cache', '25', '31', count('get, in the cache'), '≤ 14'],
    ['own files that run for `extension get` from the database', '34', '40', count('get, not in the cache'), '≤ 20'],
    ['own files that run for `extension update` with a password', '~56', '59', count('update with a password'), '≤ 32'],
    ['own files that run for `extension create`', '~68', '65', count('create'), '≤ 38'],
    ["own frames and Nest's above the statement of a get", '18', '10', String(frames.length), '≤ 10'],
  ];
}

async function main() {
  const rows = [...(asked('--static') ? [] : await dynamicRows()), ...staticRows()];
  const heading = ['| what | 2318d3c, by hand | 34d6ade | now | aim |', '| --- | --- | --- | --- | --- |'];
  const table = [...heading, ...rows.map((cells) => `| ${cells.join(' | ')} |`)].join('\n');
  process.stdout.write(`${table}\n`);
  if (!asked('--write')) return;
  const file = join(root, 'docs/architecture.md');
  writeFileSync(file, (await withPart(file, 'measured', table)).after);
}

main().catch((error) => {
  say(error.stack);
  process.exitCode = 1;
});

#!/usr/bin/env node
// Writes docs/cli.md from the built commands; with --check, only checks that it is current.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const DOCUMENT = fileURLToPath(new URL('../docs/cli.md', import.meta.url));
const require = createRequire(import.meta.url);
const { COMMANDS } = require('../dist/cli/commands.js');

const INTRODUCTION = `# registrar-control

The operator's command line: the service's own modules without its consumers. In the image it is
\`/app/bin/registrar-control\`; from a clone, \`node dist/cli.js\`.

Every command also takes the service's configuration as flags (\`--database_dsn_bin\`, \`--rabbitmq-address\`, …);
otherwise it comes from the environment and from \`.env\`. All flags can be written with hyphens or underscores.

- Results go to stdout, everything else to stderr. On a terminal a result is a table or one value a line; otherwise it is
  JSON, with the keys of the RPC reply. \`--format\` says which, \`--quiet\` leaves out what is not a result.
- On a terminal a missing value is asked for, and a password is typed twice and never shown. Without a terminal nothing
  ever waits: a missing value is an error that names its flag, and \`delete\` does not ask.
- \`--password-stdin\` is the safe way to give a password to a script. \`--password\` works too; the program takes its
  arguments out of the list of processes as soon as it runs, but not before.
- Exit codes: 0 done, 1 refused or failed, 2 used wrongly, 3 a dependency cannot be reached.
- Redis may be away: a line on stderr says so, and the command goes on.

This page is made by \`node scripts/cli-docs.mjs\` from the commands themselves.
`;

const cell = (text) => text.replaceAll('|', '\\|');

function section({ words, description, argument, options, notes, examples, run }) {
  const usage = argument === undefined ? words : `${words} ${argument.usage}`;
  const rows = [
    ...(argument === undefined ? [] : [[argument.usage.slice(1, -1), argument.help]]),
    ...Object.values(options).map(({ flags, help }) => [flags, help]),
  ].map(([flags, help]) => `| \`${flags}\` | ${cell(help)} |`);
  return [
    `${'#'.repeat(words.includes(' ') ? 3 : 2)} ${words}`,
    '',
    `\`registrar-control ${usage}\`: ${description}.`,
    '',
    ...(notes === undefined ? [] : [notes.trim(), '']),
    ...(rows.length > 0 ? ['| flag | meaning |', '| --- | --- |', ...rows, ''] : []),
    ...(run === undefined ? [] : ['```sh', ...examples, '```', '']),
  ].join('\n');
}

const text = [INTRODUCTION, ...COMMANDS.filter(({ words }) => words !== '').map(section)].join('\n');
if (!process.argv.includes('--check')) writeFileSync(DOCUMENT, text);
else if (readFileSync(DOCUMENT, 'utf8') !== text) {
  process.stderr.write('docs/cli.md is not current: node scripts/cli-docs.mjs\n');
  process.exitCode = 1;
}

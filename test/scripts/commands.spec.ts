import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { VARIABLES } from '../../src/platform/config/variables';
import { documentedCommands, read, type DocumentedCommand } from '../support/documented-commands';
import { root } from './run';

/** What runs each command for real: the file, and its text that does. */
const RUN_BY: Readonly<Record<string, readonly [file: string, text: string]>> = {
  'npm start': ['test/e2e/documents.spec.ts', 'start.mjs'],
  'npm test': ['.ci/run', 'npm test --silent'],
  'npm run bench': ['test/scripts/bench.spec.ts', 'bench.mjs'],
  'npm run verify': ['.ci/run', 'npm run verify'],
  'node scripts/first-conversation.mjs': ['test/e2e/documents.spec.ts', 'first-conversation.mjs'],
  'node scripts/stack.mjs': ['test/scripts/stack.spec.ts', 'stack.mjs'],
  'asterisk -rx': ['test/asterisk/ami.spec.ts', 'sorcery memory cache expire res_pjsip/auth'],
  'registrar-control': ['test/e2e/documents.spec.ts', 'registrar-control'],
};

/** What no test can run, and why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  kubectl: 'needs a cluster',
  curl: 'asks a pod; test/e2e/health-and-metrics.spec.ts asks the same pages',
  rabbitmqctl: 'belongs to the broker',
  'redis-cli': 'belongs to Redis',
  'npm run soak': 'takes as many minutes as it is told',
};

const startsWith = (command: string, start: string): boolean => command === start || command.startsWith(`${start} `);
const commands = documentedCommands();
const blocks = commands.filter(({ isBlock }) => isBlock);
const unwrapped = (command: string): string => /^eval "\$\((.*)\)"$/.exec(command)?.[1] ?? command;

it('every command to paste is run by a test, or is named with the reason why not', () => {
  const known = [...Object.keys(RUN_BY), ...Object.keys(NOT_RUN)];
  const unknown = blocks.filter(({ command }) => !known.some((start) => startsWith(unwrapped(command), start)));
  expect(blocks.length).toBeGreaterThan(20);
  expect(unknown).toEqual([]);
});

it.each(Object.entries(RUN_BY))('%s is run by its test', (_, [file, text]) => {
  expect(read(file)).toContain(text);
});

it('npm scripts, programs and test files are there', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const problem = ({ command }: DocumentedCommand): boolean => {
    const script = /^npm run (?:--silent )?([\w:-]+)/.exec(command)?.[1];
    const file = /(?:^|\(|\s)((?:scripts|test)\/\S+\.(?:mjs|ts))/.exec(command)?.[1];
    return (script !== undefined && !(script in scripts)) || (file !== undefined && !existsSync(join(root, file)));
  };
  expect(commands.filter(problem)).toEqual([]);
});

/** docs/cli.md: the flags of each command, which a test of the command line keeps current. */
function flagsOfCommands(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [, words = '', table = ''] of read('docs/cli.md').matchAll(
    /^`registrar-control ([^`]+)`:[^\n]*\n([^#]*)/gm,
  )) {
    const command = words.replace(/ [[<].*/, '');
    found.set(command, new Set([...table.matchAll(/`(?:-\w, )?(--[\w-]+)/g)].map(([, flag = '']) => flag)));
  }
  return found;
}

it('commands of registrar-control and their flags are there', () => {
  const known = flagsOfCommands();
  const settings = new Set(Object.values(VARIABLES).map(({ env }) => `--${env.toLowerCase().replaceAll('_', '-')}`));
  expect(known.size).toBeGreaterThan(20);
  const problem = ({ command }: DocumentedCommand): string | undefined => {
    const line = command.replace(/^registrar-control /, '');
    if (line.startsWith('COMMAND') || line.startsWith('--')) return undefined;
    const words = [...known.keys()].filter((one) => startsWith(line, one)).sort((a, b) => b.length - a.length)[0];
    if (words === undefined) return `no command: ${command}`;
    const flags = [...line.matchAll(/(?:^|\s)(--[\w-]+)/g)].map(([, flag = '']) => flag.replaceAll('_', '-'));
    const unknown = flags.filter((flag) => !known.get(words)?.has(flag) && !settings.has(flag) && flag !== '--help');
    return unknown.length === 0 ? undefined : `no flag ${unknown.join(', ')}: ${command}`;
  };
  const controls = commands.filter(({ command }) => command.startsWith('registrar-control '));
  expect(controls.map(problem).filter(Boolean)).toEqual([]);
});

#!/usr/bin/env node
// Prepares a run: installs the locked dependencies, and builds when the build is older than the sources. With
// --dependencies it only installs.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './stack/lock.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));
const inRoot = (...parts) => join(root, ...parts);

const changedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

function newestIn(folder) {
  const entries = readdirSync(folder, { withFileTypes: true });
  const times = entries.map((entry) =>
    entry.isDirectory() ? newestIn(join(folder, entry.name)) : changedAt(join(folder, entry.name)),
  );
  return Math.max(0, ...times);
}

function npm(args, what) {
  const self = process.env.npm_execpath;
  const [command, first] = self?.endsWith('.js') ? [process.execPath, [self]] : ['npm', []];
  // The output of npm goes to stderr: stdout is for results.
  const { status, error } = spawnSync(command, [...first, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${what} failed (npm ${args.join(' ')})${error ? `: ${error.message}` : ''}`);
}

const areDependenciesCurrent = () =>
  changedAt(inRoot('node_modules', '.package-lock.json')) >= changedAt(inRoot('package-lock.json'));

const builtAt = inRoot('dist', '.built');
const buildInputs = ['package-lock.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'];

const isBuildCurrent = () =>
  existsSync(inRoot('dist', 'main.js')) &&
  changedAt(builtAt) >= Math.max(newestIn(inRoot('src')), ...buildInputs.map((file) => changedAt(inRoot(file))));

const lockFile = inRoot('.stack', 'setup.lock');

export async function ensureDependencies(say = () => {}) {
  if (areDependenciesCurrent()) return;
  await withLock(lockFile, () => {
    if (areDependenciesCurrent()) return;
    say('Installing the dependencies (npm ci) …');
    npm(['ci', '--include=dev', '--no-audit', '--no-fund'], 'Installing the dependencies');
  });
}

export async function ensureBuild(say = () => {}) {
  if (isBuildCurrent()) return;
  await withLock(lockFile, () => {
    if (isBuildCurrent()) return;
    say('Building (npm run build) …');
    const startedAt = new Date();
    npm(['run', '--silent', 'build'], 'The build');
    if (!existsSync(inRoot('dist', 'main.js'))) throw new Error('The build left no dist/main.js');
    writeFileSync(builtAt, `${startedAt.toISOString()}\n`);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const say = (line) => process.stderr.write(`${line}\n`);
  try {
    await ensureDependencies(say);
    if (!process.argv.includes('--dependencies')) await ensureBuild(say);
  } catch (error) {
    say(error.message);
    process.exitCode = 1;
  }
}

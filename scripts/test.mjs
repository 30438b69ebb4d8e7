#!/usr/bin/env node
// `npm test`: runs all tests against real servers that are started for this run. Passes its arguments to jest.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { configuredEnvironment, givenAddresses, sweepAbandoned, useStack } from './backing.mjs';
import { ensureBuild, ensureDependencies, root } from './setup.mjs';
import { ensureSipPrograms } from './sip.mjs';

/** More workers than processors, because most suites mostly wait. */
const WORKERS = Math.max(2, availableParallelism()) + 3;
const PREFIX = 'registrar-manager-test-';
const say = (line) => process.stderr.write(`${line}\n`);
const asked = { signal: null, child: null };

function onSignal(name) {
  asked.signal ??= name;
  asked.child?.kill(name);
}

/** The path of the script that the tested programs load first, to start faster; empty when it cannot be made. */
async function makeModuleCache(dir) {
  const library = join(root, 'scripts', 'module-cache.cjs');
  const folder = mkdtempSync(join(dir, 'modules-'));
  try {
    await promisify(execFile)(process.execPath, [library, join(root, 'dist'), folder], { timeout: 60_000 });
  } catch (error) {
    say(`The programs start without a module cache: ${error.message}`);
    return '';
  }
  const script = join(folder, 'use.cjs');
  writeFileSync(script, `require(${JSON.stringify(library)}).use(${JSON.stringify(folder)});\n`);
  return script;
}

/** The projects that need Asterisk or Kamailio; their tests are in the folders of the same names. */
const SIP_PROJECTS = ['asterisk', 'kamailio'];

/** A word that names no file may be a pattern for paths or the name of a project. */
function mayNameSipTests(word) {
  if (!existsSync(join(root, word))) return SIP_PROJECTS.some((name) => word.includes(name));
  const path = `${relative(root, join(root, word))}/`.replace(/^\/$/, '');
  return SIP_PROJECTS.some((name) => `test/${name}/`.startsWith(path) || path.startsWith(`test/${name}/`));
}

/** False when the arguments name only other projects or only files elsewhere. */
function needsSipPrograms(extra) {
  const namesSome = extra.some((word) => word === '--selectProjects' || existsSync(join(root, word)));
  return !namesSome || extra.some(mayNameSipTests);
}

/** How the tests find the programs, and the arguments that leave out the tests which cannot run. */
async function sipPrograms(extra) {
  if (!needsSipPrograms(extra)) return { environment: {}, leftOut: [] };
  const { environment, reason } = await ensureSipPrograms(say);
  if (environment) return { environment, leftOut: [] };
  say(`The tests with a real Asterisk and a real Kamailio are skipped: ${reason}.`);
  return { environment: {}, leftOut: ['--ignoreProjects', ...SIP_PROJECTS, '--passWithNoTests'] };
}

function jestArguments(extra) {
  const isBounded = extra.some((argument) => /^(--maxWorkers|-w|--runInBand|-i$)/.test(argument));
  return [
    join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
    ...(isBounded ? [] : [`--maxWorkers=${WORKERS}`]),
    ...extra,
    // Last: the parser of jest would take a file name after them for a reporter.
    '--reporters=default',
    `--reporters=${join(root, 'scripts', 'jest-reporter.cjs')}`,
  ];
}

function runJest(extra, environment) {
  const child = spawn(process.execPath, jestArguments(extra), {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  asked.child = child;
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

function readSummary(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: 0, failures: [] }; // jest ended before it wrote the summary
  }
}

function tell({ failures, skipped }) {
  if (skipped > 0) say(`\n${skipped} tests were skipped.`);
  if (failures.length === 0) return;
  say('\nWhat failed:');
  for (const { file, test } of failures) say(`  ${relative(root, file)}\n    ${test}`);
}

async function main() {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, onSignal);
  const dir = realpathSync(mkdtempSync(join(tmpdir(), PREFIX)));
  let backing = null;
  let summary = readSummary('');
  let code = 1;
  let mayBeEmpty = false;
  try {
    await ensureDependencies(say);
    await ensureBuild(say);
    await sweepAbandoned(realpathSync(tmpdir()), PREFIX);
    const given = givenAddresses(configuredEnvironment(), say);
    const moduleCache = makeModuleCache(dir);
    const sip = sipPrograms(process.argv.slice(2));
    if (!given && !asked.signal) {
      say('Starting MariaDB, RabbitMQ and Redis for this run …');
      backing = await useStack(dir, { profile: 'test', discard: true, say });
    }
    if (asked.signal) throw new Error('The tests were not started.');
    const summaryFile = join(dir, 'summary.json');
    const addresses = given ?? backing.environment;
    const own = { MODULE_CACHE: await moduleCache, JEST_SUMMARY_FILE: summaryFile };
    const { environment, leftOut } = await sip;
    mayBeEmpty = leftOut.length > 0;
    const variables = { ...process.env, ...addresses, ...own, ...environment };
    code = await runJest([...process.argv.slice(2), ...leftOut], variables);
    summary = readSummary(summaryFile);
    tell(summary);
  } catch (error) {
    say(error.message);
  } finally {
    await backing?.release({ discard: true });
  }
  if (asked.signal) say(`Stopped by ${asked.signal}.`);
  else if (summary.passed + summary.failed === 0) say('No test ran.');
  const isGood = code === 0 && summary.failed === 0 && (summary.passed > 0 || mayBeEmpty) && !asked.signal;
  if (isGood) rmSync(dir, { recursive: true, force: true });
  else say(`\nLogs of the backing servers and the summary of this run: ${dir}`);
  process.stdout.write(`${summary.passed} passed, ${summary.failed} failed\n`);
  return isGood ? 0 : 1;
}

process.exitCode = await main();

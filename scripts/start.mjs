#!/usr/bin/env node
// `npm start`: prepares dependencies, build and backing servers, then runs the service in the foreground.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { configuredEnvironment, givenAddresses, useStack } from './backing.mjs';
import { ensureBuild, ensureDependencies, root } from './setup.mjs';
import { COMPILE_CACHE, NODE_FLAGS, PROCESS_ENVIRONMENT } from './service-process.mjs';
import { LONE_RUN } from './stack/environment.mjs';
import { isFree, freePort } from './stack/ports.mjs';
import { waitFor } from './stack/process.mjs';

const USAGE = `Usage: npm start

Runs registrar-manager in the foreground until Ctrl-C (SIGINT) or SIGTERM. Before that it makes sure of
the dependencies (npm ci), the build and the backing servers. If DATABASE_DSN_BIN, DATABASE_DSN_ASTERISK,
RABBITMQ_ADDRESS and REDIS_ADDRESS are all set, those servers are used; otherwise MariaDB, RabbitMQ and Redis
are started for this clone below .stack/ and stopped again at the end. All other settings come from the
environment and from .env; RESOURCE_LIMIT_CHECK and DIRECT_HASH are off unless they are set there.

  --help    this text`;

const READY_TIMEOUT_MS = 90_000;
const say = (line) => process.stderr.write(`${line}\n`);
const withoutLogin = (address) => address.replace(/^([a-z]+:\/\/)?.*@/, '$1');

async function listenAddress(environment) {
  if (environment.PROMETHEUS_LISTEN_ADDRESS) return environment.PROMETHEUS_LISTEN_ADDRESS;
  const isDefaultFree = (await isFree(2112, '0.0.0.0')) && (await isFree(2112));
  return isDefaultFree ? ':2112' : `:${await freePort()}`;
}

function webAddress(listen) {
  const at = listen.lastIndexOf(':');
  const host = listen.slice(0, at);
  return `http://${['', '0.0.0.0', '[::]'].includes(host) ? '127.0.0.1' : host}:${listen.slice(at + 1)}`;
}

async function isReady(url) {
  try {
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}

function screen(environment, url, isPrivate) {
  const servers = isPrivate ? 'private servers of this clone, data below .stack/' : 'servers from the environment';
  return `
registrar-manager is ready (${servers})

  records     ${withoutLogin(environment.DATABASE_DSN_BIN)}
  Asterisk    ${withoutLogin(environment.DATABASE_DSN_ASTERISK)}
  broker      ${withoutLogin(environment.RABBITMQ_ADDRESS)}   queue bin-manager.registrar-manager.request
  cache       ${withoutLogin(environment.REDIS_ADDRESS)}
  health      ${url}/health
  metrics     ${url}${environment.PROMETHEUS_ENDPOINT || '/metrics'}

Next, in another terminal:
  node scripts/first-conversation.mjs    create an extension: reply, rows and event
  npm test                               everything, on servers of its own
Ctrl-C stops the service${isPrivate ? ' and these servers' : ''}.
`;
}

/** In a process group of its own, so that Ctrl-C reaches the service once, from this script. */
function launch(environment) {
  const child = spawn(process.execPath, [...NODE_FLAGS, join(root, 'dist', 'main.js')], {
    cwd: root,
    env: { ...PROCESS_ENVIRONMENT, ...COMPILE_CACHE, ...environment },
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () =>
      resolve({
        child,
        ended: new Promise((done) => child.once('exit', (code, name) => done(code ?? 128 + constants.signals[name]))),
      }),
    );
  });
}

const asked = { signal: null, child: null };

function onSignal(name) {
  const isRepeated = asked.signal === name && Date.now() - asked.at < 1_000; // the terminal and npm both send it
  if (isRepeated) return;
  Object.assign(asked, { signal: name, at: Date.now() });
  asked.child?.kill(name);
}

async function serve(backing, environment) {
  const url = webAddress(environment.PROMETHEUS_LISTEN_ADDRESS);
  const { child, ended } = await launch(environment);
  asked.child = child;
  if (asked.signal) child.kill(asked.signal);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const ready = await waitFor(() => isReady(url), {
    timeoutMs: READY_TIMEOUT_MS,
    intervalMs: 150,
    abort: () => hasEnded() || asked.signal !== null,
  });
  if (ready && !hasEnded()) process.stdout.write(screen(environment, url, backing !== null));
  else if (!hasEnded() && !asked.signal)
    say(`Not ready after ${READY_TIMEOUT_MS / 1000} s, still trying; ${url}/health/ready says what is missing.`);
  return ended;
}

async function main() {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, onSignal);
  await ensureDependencies(say);
  await ensureBuild(say);
  const configured = configuredEnvironment();
  const given = givenAddresses(configured, say);
  if (!given) say('Starting MariaDB, RabbitMQ and Redis for this clone …');
  const backing = given ? null : await useStack(join(root, '.stack'), { say });
  try {
    if (asked.signal) return 128 + constants.signals[asked.signal];
    const environment = { ...LONE_RUN, ...configured, ...backing?.environment };
    environment.PROMETHEUS_LISTEN_ADDRESS = await listenAddress(environment);
    return await serve(backing, environment);
  } finally {
    if (backing) say('Stopping the servers of this clone …');
    await backing?.release();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}

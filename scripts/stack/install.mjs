// Provides the servers: already installed, from the packages of the system, or by a Docker engine.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRoot } from './account.mjs';
import { answers, composeAnswers } from './compose.mjs';
import { findExecutable } from './executables.mjs';
import { withLock } from './lock.mjs';

const POLICY = '/usr/sbin/policy-rc.d';

/** The prefix of a command that needs root, or null when there is no way to run it. */
function privilege() {
  if (isRoot()) return [];
  const sudo = findExecutable('sudo');
  return sudo && answers(sudo, ['-n', 'true']) ? [sudo, '-n'] : null;
}

function run(prefix, command, args) {
  const [program, ...rest] = [...prefix, command, ...args];
  const { status, stdout, stderr, error } = spawnSync(program, rest, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status === 0) return;
  const tail = `${stdout ?? ''}${stderr ?? ''}`.trimEnd().split('\n').slice(-15).join('\n');
  throw new Error(`"${[command, ...args].join(' ')}" failed: ${error?.message ?? ''}\n${tail}`);
}

/** Writes a policy file meanwhile: without it the packages would start servers on the standard ports. */
function withoutServices(prefix, work) {
  const present = existsSync(POLICY);
  const aside = `${POLICY}.registrar-manager`;
  if (present) run(prefix, 'mv', [POLICY, aside]);
  try {
    run(prefix, 'sh', ['-c', `printf '#!/bin/sh\\nexit 101\\n' > ${POLICY} && chmod 755 ${POLICY}`]);
    work();
  } finally {
    if (present) run(prefix, 'mv', [aside, POLICY]);
    else run(prefix, 'rm', ['-f', POLICY]);
  }
}

function installPackages(prefix, packages) {
  const env = ['DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C.UTF-8'];
  const apt = (...args) => run(prefix, 'env', [...env, 'apt-get', '-o', 'DPkg::Lock::Timeout=300', ...args]);
  const install = () => apt('install', '-y', '-q', '--no-install-recommends', ...packages);
  withoutServices(prefix, () => {
    try {
      install();
    } catch {
      apt('update', '-q'); // no package lists yet, or too old ones
      install();
    }
  });
}

const missingOf = (services) => services.filter((service) => !service.executable());

const advice = (missing, reason) =>
  [
    `Not found: ${missing.map(({ name }) => name).join(', ')}. ${reason}`,
    `On Debian or Ubuntu:  sudo apt-get install ${missing.map(({ packageName }) => packageName).join(' ')}`,
    'Elsewhere install MariaDB, Redis and RabbitMQ, or start a Docker engine with Compose,',
    'or set DATABASE_DSN_BIN, DATABASE_DSN_ASTERISK, RABBITMQ_ADDRESS and REDIS_ADDRESS to servers of your own.',
  ].join('\n');

/** Returns how to run the stack: "native" or "compose". */
export async function ensureInstalled(services, say) {
  if (missingOf(services).length === 0) return 'native';
  return withLock(join(tmpdir(), 'registrar-manager-install.lock'), () => provide(services, say), {
    timeoutMs: 900_000,
  });
}

function provide(services, say) {
  const missing = missingOf(services);
  if (missing.length === 0) return 'native';
  const prefix = findExecutable('apt-get') ? privilege() : null;
  let reason =
    'They can be installed neither here (no apt-get, or no right to use it) nor by Docker (no engine answers).';
  if (prefix) {
    const packages = missing.map(({ packageName }) => packageName);
    say(`Installing ${packages.join(', ')} from the system's packages (once; takes a minute) …`);
    try {
      installPackages(prefix, packages);
      if (missingOf(services).length === 0) return 'native';
      reason = 'The packages were installed, but the servers were not found afterwards.';
    } catch (error) {
      reason = `Installing them failed, and no Docker engine answers.\n${error.message}`;
    }
  }
  if (composeAnswers()) {
    say('Using Docker Compose for the backing servers …');
    return 'compose';
  }
  throw new Error(advice(missingOf(services), reason));
}

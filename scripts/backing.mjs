// The backing servers of a run: those named in the environment, or a private stack that ends with the run.
import { readFileSync, rmSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { addressNames, environmentOf } from './stack/environment.mjs';
import * as lifecycle from './stack/lifecycle.mjs';
import { birthOf, isAlive } from './stack/process.mjs';
import { readState } from './stack/state.mjs';
import { root } from './setup.mjs';

/** The configuration as the service reads it: the environment, then `.env`. */
export function configuredEnvironment() {
  try {
    return { ...parseEnv(readFileSync(join(root, '.env'), 'utf8')), ...process.env };
  } catch {
    return { ...process.env };
  }
}

export function givenAddresses(environment, say) {
  const given = addressNames.filter((name) => environment[name]);
  if (given.length === addressNames.length) return Object.fromEntries(given.map((name) => [name, environment[name]]));
  const missing = addressNames.filter((name) => !given.includes(name));
  if (given.length > 0)
    say(`${given.join(', ')} is set but ${missing.join(', ')} is not: using a private stack instead.`);
  return null;
}

const usersOf = (dir) => join(dir, 'users');

function liveUsers(dir) {
  const files = readdirSync(usersOf(dir)).map((entry) => join(usersOf(dir), entry));
  return files.filter((file) => {
    const [pid, birth] = readFileSync(file, 'utf8').split(' ');
    if (isAlive({ pid: Number(pid), birth })) return true;
    rmSync(file, { force: true });
    return false;
  });
}

/**
 * Starts the stack of a folder and records this process as a user. `release` stops the stack, unless another process
 * uses it or "up" started it.
 */
export async function useStack(dir, options) {
  mkdirSync(usersOf(dir), { recursive: true });
  const own = join(usersOf(dir), String(process.pid));
  writeFileSync(own, `${process.pid} ${birthOf(process.pid)}`);
  const release = async ({ discard = false } = {}) => {
    rmSync(own, { force: true });
    if (liveUsers(dir).length > 0 || readState(dir)?.keep) return;
    await lifecycle.down(dir, { discard });
  };
  try {
    const status = await lifecycle.up(dir, options);
    return { status, environment: environmentOf(status), release };
  } catch (error) {
    await release({ discard: options?.discard }).catch(() => {});
    throw error;
  }
}

/** Removes the stacks of runs that were killed before they could stop them. */
export async function sweepAbandoned(folder, prefix) {
  const dirs = readdirSync(folder).filter((entry) => entry.startsWith(prefix));
  for (const dir of dirs.map((entry) => join(folder, entry))) {
    try {
      if (!readState(dir) || liveUsers(dir).length > 0) continue;
      await lifecycle.down(dir, { discard: true });
      rmSync(dir, { recursive: true, force: true });
    } catch {
      // it belongs to another account, or is being created
    }
  }
}

// The state file of a stack: ports, password, and the processes of the last start.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const fileOf = (dir) => join(dir, 'state.json');

export function readState(dir) {
  try {
    return JSON.parse(readFileSync(fileOf(dir), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw new Error(`${fileOf(dir)} cannot be read; remove the folder to start afresh`, { cause: error });
  }
}

export const newState = (profile) => ({
  engine: 'native',
  profile,
  password: randomBytes(12).toString('hex'),
  services: {},
});

export function writeState(dir, state) {
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  const next = `${fileOf(dir)}.${process.pid}`;
  writeFileSync(next, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(next, fileOf(dir));
}

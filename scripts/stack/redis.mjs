// Redis (or Valkey) as a cache, without persistence.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutable } from './executables.mjs';
import { firstBytes } from './ports.mjs';
import { spawnServer } from './process.mjs';

export const name = 'redis';
export const packageName = 'redis-server';
export const portNames = ['port'];
export const startTimeoutMs = 20_000;
export const stopTimeoutMs = 10_000;

export const executable = () => findExecutable('redis-server', 'valkey-server');
export const settings = (_dir, settings) => ({ ...settings, host: '127.0.0.1' });

export async function launch({ dir, settings: { port }, logFile }) {
  const own = join(dir, 'redis');
  mkdirSync(own, { recursive: true });
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', own];
  const pid = spawnServer(executable(), args, { logFile, cwd: own });
  const isUp = async () => {
    const answer = (await firstBytes(port, 'PING\r\n')).toString('latin1');
    return answer.startsWith('+PONG') || answer.startsWith('-NOAUTH');
  };
  return { pid, isUp, realPid: () => pid };
}

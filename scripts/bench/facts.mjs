// What a run was measured on. No host name and no path: results are published.
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { root } from '../setup.mjs';
import { databaseOptions } from './contacts.mjs';

export async function machineFacts({ rabbitmq, redis: { host, port }, ...status }) {
  const database = await createConnection(databaseOptions(status));
  const [[{ version }]] = await database.query('SELECT VERSION() AS version');
  await database.end();
  const redis = new Redis({ host, port });
  const [, redisVersion] = /redis_version:(\S+)/.exec(await redis.info('server'));
  await redis.quit();
  const authorization = `Basic ${Buffer.from(`${rabbitmq.user}:${rabbitmq.password}`).toString('base64')}`;
  const overview = await fetch(`http://${rabbitmq.host}:${rabbitmq.managementPort}/api/overview`, {
    headers: { authorization },
  });
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model ?? '',
    node: process.versions.node,
    database: version,
    rabbitmq: (await overview.json()).rabbitmq_version,
    redis: redisVersion,
  };
}

const git = (...args) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

/** The commit of this checkout, with a plus sign when the service's code differs from it. */
export function commit() {
  try {
    const isChanged = git('status', '--porcelain', '--', 'src', 'package-lock.json').trim() !== '';
    return `${git('rev-parse', '--short', 'HEAD').trim()}${isChanged ? '+' : ''}`;
  } catch {
    return 'unknown';
  }
}

// Sends requests to a running service and asks it which of its files ran for each.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { useStack } from '../backing.mjs';
import { request } from '../caller.mjs';
import { root } from '../setup.mjs';
import { servePeers } from '../soak/peers.mjs';
import { freePort } from '../stack/ports.mjs';
import { waitFor } from '../stack/process.mjs';

const RUNS = 7;
const dist = join(root, 'dist');

/** Starts the build of this checkout with the hook. */
export async function startService(environment) {
  const listen = `127.0.0.1:${await freePort()}`;
  const child = spawn(process.execPath, ['--require', join(root, 'scripts/measure/hook.cjs'), join(dist, 'main.js')], {
    cwd: tmpdir(),
    env: {
      PATH: process.env.PATH,
      ...environment,
      MEASURED_DIST: dist,
      PROMETHEUS_LISTEN_ADDRESS: listen,
      DOMAIN_NAME_EXTENSION: 'registrar.example.org',
      DOMAIN_NAME_TRUNK: 'trunk.example.org',
      RECONCILE_INTERVAL_SECONDS: '0',
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced', // values of statements hold bytes
  });
  const isReady = () =>
    fetch(`http://${listen}/health/ready`).then(
      ({ status }) => status === 200,
      () => false,
    );
  if (await waitFor(isReady, { timeoutMs: 120_000, intervalMs: 200 })) return child;
  child.kill('SIGKILL');
  throw new Error('The service is not ready.');
}

/** What the hook saw since it was asked last. */
export async function taken(child) {
  const answer = once(child, 'message');
  child.send('take');
  return (await answer)[0];
}

/** Timers run at the same time, so only files that ran in each of several equal requests count. */
async function measured(child, send) {
  let common;
  let stacks = [];
  for (let count = 0; count < RUNS; count += 1) {
    const work = await send.prepare();
    await sleep(300);
    await taken(child);
    await work();
    const seen = await taken(child);
    common = common ? common.filter((file) => seen.files.includes(file)) : seen.files;
    stacks = seen.stacks;
  }
  return { files: common.sort(), stacks };
}

function kinds(caller, redis) {
  const customer_id = randomUUID();
  let number = 2000;
  const body = () => ({ customer_id, extension: String((number += 1)), password: 's3cr3t-Pa55', name: '', detail: '' });
  const ok = async (...message) => {
    const reply = await caller(...message);
    if (reply.status_code !== 200) throw new Error(`${message[0]} ${message[1]}: ${JSON.stringify(reply)}`);
    return reply.data;
  };
  const created = async () => `/v1/extensions/${(await ok('POST', '/v1/extensions', body())).id}`;
  const change = { name: 'a', detail: 'b', password: 'an0ther-Pa55' };
  return {
    'get, in the cache': async () => {
      const uri = await created();
      await ok('GET', uri);
      return () => ok('GET', uri);
    },
    'get, not in the cache': async () => {
      const uri = await created();
      await sleep(300);
      await redis.del(`registrar:extension:${uri.split('/')[3]}`);
      return () => ok('GET', uri);
    },
    'update with a password': async () => {
      const uri = await created();
      return () => ok('PUT', uri, change);
    },
    create: async () => () => ok('POST', '/v1/extensions', body()),
  };
}

const isOurs = (line) => line.includes(`${dist}/`);
const isNest = (line) => line.includes('node_modules/@nestjs/');

/** The files of the service that run for each kind of request, and the stack frames above the statement of a get. */
export async function measureRequests(say) {
  const folder = mkdtempSync(join(tmpdir(), 'registrar-manager-measure-'));
  const backing = await useStack(folder, { profile: 'test', discard: true, say });
  const { environment } = backing;
  const open = [];
  let child;
  try {
    const [{ default: amqplib }, { default: Redis }] = await Promise.all([import('amqplib'), import('ioredis')]);
    const [host, port] = environment.REDIS_ADDRESS.split(':');
    const redis = new Redis({ host, port: Number(port) });
    open.push(() => redis.quit());
    const peers = await servePeers(environment.RABBITMQ_ADDRESS);
    open.push(...peers.map((peer) => () => peer.close()));
    child = await startService(environment);
    const broker = await amqplib.connect(environment.RABBITMQ_ADDRESS);
    open.push(() => broker.close());
    const found = {};
    const all = kinds((...message) => request(broker, ...message), redis);
    for (const [name, prepare] of Object.entries(all)) found[name] = await measured(child, { prepare });
    const statement = found['get, not in the cache'].stacks.find(({ text }) =>
      /from [`]?registrar_extensions/i.test(text),
    );
    return { found, frames: (statement?.lines ?? []).filter((line) => isOurs(line) || isNest(line)) };
  } finally {
    await Promise.allSettled(open.map((close) => close()));
    child?.kill('SIGTERM');
    if (child?.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await backing.release({ discard: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

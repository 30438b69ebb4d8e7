// A measured build: its process uses a virtual host of its own, so that two builds can be ready in one run.
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { environmentOf } from '../stack/environment.mjs';
import { servePeers } from '../soak/peers.mjs';
import { Replica } from '../soak/service.mjs';
import { RequestChannel } from './request-channel.mjs';

const CLOCK_TICKS_PER_SECOND = 100;

async function createVirtualHost({ user, password, host, managementPort }, name) {
  const put = async (path, body) => {
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const url = `http://${host}:${managementPort}/api/${path}`;
    const { ok, status } = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(body) });
    if (!ok) throw new Error(`the broker answered ${status} to ${path}`);
  };
  await put(`vhosts/${name}`, {});
  await put(`permissions/${name}/${user}`, { configure: '.*', write: '.*', read: '.*' });
}

export class Build {
  #replica;
  #peers;
  channel;

  constructor(label, folder) {
    this.label = label;
    this.folder = folder;
  }

  async start(status, dir) {
    const virtualHost = `bench-${this.label}`;
    await createVirtualHost(status.rabbitmq, virtualHost);
    const environment = environmentOf(status);
    const address = `${environment.RABBITMQ_ADDRESS}/${virtualHost}`;
    this.#peers = await servePeers(address);
    this.#replica = new Replica(
      this.folder,
      {
        ...environment,
        RABBITMQ_ADDRESS: address,
        REDIS_DATABASE: '1',
        DOMAIN_NAME_EXTENSION: 'registrar.example.org',
        DOMAIN_NAME_TRUNK: 'trunk.example.org',
        RECONCILE_INTERVAL_SECONDS: '0',
        LOG_LEVEL: 'info',
      },
      join(dir, `service-${this.label}.log`),
    );
    await this.#replica.start();
    if (!(await this.#replica.untilReady())) throw new Error(`${this.folder} did not become ready`);
    this.channel = await RequestChannel.open(address);
  }

  /** User and system CPU time of the process so far, in microseconds. */
  get cpuMicroseconds() {
    const stat = readFileSync(`/proc/${this.#replica.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND) * 1e6;
  }

  get memoryMegabytes() {
    return this.#replica.memoryMegabytes;
  }

  async stop() {
    await this.channel?.close();
    await this.#replica?.end('SIGTERM');
    await Promise.all((this.#peers ?? []).map((peer) => peer.close()));
  }
}

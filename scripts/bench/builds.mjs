// A measured build: its processes use a virtual host of their own, so that two builds can be ready in one run.
import { readFileSync } from 'node:fs';
import { environmentOf } from '../stack/environment.mjs';
import { servePeers } from '../soak/peers.mjs';
import { Replica } from '../soak/service.mjs';

const CLOCK_TICKS_PER_SECOND = 100;

export async function createVirtualHost({ user, password, host, managementPort }, name) {
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

/** User and system CPU time of a process so far, in microseconds. */
export function cpuMicrosecondsOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND) * 1e6;
}

/** The variables of a service on that virtual host. */
export const environmentOn = (status, virtualHost) => {
  const environment = environmentOf(status);
  return {
    ...environment,
    RABBITMQ_ADDRESS: `${environment.RABBITMQ_ADDRESS}/${virtualHost}`,
    REDIS_DATABASE: '1',
    DOMAIN_NAME_EXTENSION: 'registrar.example.org',
    DOMAIN_NAME_TRUNK: 'trunk.example.org',
    RECONCILE_INTERVAL_SECONDS: '0',
    LOG_LEVEL: 'info',
  };
};

export class Build {
  #replicas = [];
  #peers;
  address;

  constructor(label, folder) {
    this.label = label;
    this.folder = folder;
  }

  async start(status, logFile, { replicas = 1 } = {}) {
    const virtualHost = `bench-${this.label}`;
    await createVirtualHost(status.rabbitmq, virtualHost);
    const environment = environmentOn(status, virtualHost);
    this.address = environment.RABBITMQ_ADDRESS;
    this.#peers = await servePeers(this.address);
    for (let count = 0; count < replicas; count++) {
      const replica = new Replica(this.folder, environment, logFile);
      this.#replicas.push(replica);
      await replica.start();
      if (!(await replica.untilReady())) throw new Error(`${this.folder} did not become ready`);
    }
  }

  get cpuMicroseconds() {
    return this.#replicas.reduce((sum, { pid }) => sum + cpuMicrosecondsOf(pid), 0);
  }

  get pids() {
    return this.#replicas.map(({ pid }) => pid);
  }

  get memoryMegabytes() {
    return this.#replicas[0].memoryMegabytes;
  }

  metrics() {
    return this.#replicas[0].metrics();
  }

  async stop() {
    await Promise.all(this.#replicas.map((replica) => replica.end('SIGTERM')));
    await Promise.all((this.#peers ?? []).map((peer) => peer.close()));
  }
}

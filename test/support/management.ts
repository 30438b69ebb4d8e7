import { randomUUID } from 'node:crypto';
import { backingServers } from './environment';

export interface BrokerConnection {
  readonly name: string;
  readonly vhost: string;
  readonly user_provided_name?: string;
}

export interface DeclaredQueue {
  readonly name: string;
  readonly durable: boolean;
  readonly arguments: Record<string, unknown>;
}

interface Binding {
  readonly source: string;
  readonly destination: string;
  readonly routing_key: string;
}

async function request(method: string, path: string, body?: unknown): Promise<unknown> {
  const { management } = backingServers();
  const url = new URL(`/api/${path}`, management.origin);
  const credentials = `${decodeURIComponent(management.username)}:${decodeURIComponent(management.password)}`;
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.status === 404 && method !== 'PUT') return undefined;
  if (!response.ok) throw new Error(`broker management: ${method} ${path} answered ${response.status}`);
  const text = await response.text();
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

/** A virtual host for one test file: queue names are fixed, so files are isolated by virtual host. */
export class VirtualHost {
  private readonly users: string[] = [];

  private constructor(readonly name: string) {}

  static async create(): Promise<VirtualHost> {
    const name = `registrar-test-${randomUUID().slice(0, 8)}`;
    const user = decodeURIComponent(backingServers().management.username);
    await request('PUT', `vhosts/${name}`, {});
    await request('PUT', `permissions/${name}/${user}`, { configure: '.*', write: '.*', read: '.*' });
    return new VirtualHost(name);
  }

  get address(): string {
    const url = new URL(backingServers().amqp);
    url.pathname = `/${this.name}`;
    return url.href;
  }

  /** Creates a user with these permissions (regular expressions) only, and returns the address for it. */
  async addressOfUser(permissions?: { configure: string; write: string; read: string }): Promise<string> {
    const user = `user-${randomUUID().slice(0, 8)}`;
    await request('PUT', `users/${user}`, { password: 'canary', tags: '' });
    this.users.push(user);
    if (permissions !== undefined) await request('PUT', `permissions/${this.name}/${user}`, permissions);
    return Object.assign(new URL(this.address), { username: user, password: 'canary' }).href;
  }

  /** Limits the number of connections; -1 for no limit. */
  async limitConnections(most: number): Promise<void> {
    await request('PUT', `vhost-limits/${this.name}/max-connections`, { value: most });
  }

  async queue(name: string): Promise<DeclaredQueue | undefined> {
    return (await request('GET', `queues/${this.name}/${name}`)) as DeclaredQueue | undefined;
  }

  async queues(): Promise<DeclaredQueue[]> {
    return ((await request('GET', `queues/${this.name}`)) ?? []) as DeclaredQueue[];
  }

  async exchange(name: string): Promise<{ type: string; durable: boolean; auto_delete: boolean } | undefined> {
    return (await request('GET', `exchanges/${this.name}/${name}`)) as
      | { type: string; durable: boolean; auto_delete: boolean }
      | undefined;
  }

  async bindings(queue: string): Promise<Binding[]> {
    return ((await request('GET', `queues/${this.name}/${queue}/bindings`)) ?? []) as Binding[];
  }

  async consumers(): Promise<{ readonly prefetch_count: number }[]> {
    return ((await request('GET', `consumers/${this.name}`)) ?? []) as { prefetch_count: number }[];
  }

  async connections(): Promise<BrokerConnection[]> {
    return ((await request('GET', `vhosts/${this.name}/connections`)) ?? []) as BrokerConnection[];
  }

  async closeConnection(name: string): Promise<void> {
    await request('DELETE', `connections/${encodeURIComponent(name)}`);
  }

  async deleteQueue(name: string): Promise<void> {
    await request('DELETE', `queues/${this.name}/${name}`);
  }

  async delete(): Promise<void> {
    for (const user of this.users) await request('DELETE', `users/${user}`);
    await request('DELETE', `vhosts/${this.name}`);
  }
}

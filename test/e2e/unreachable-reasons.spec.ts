import { connect } from 'amqplib';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { control } from '../cli/control';
import { Certificate } from '../support/certificate';
import { eventually, staysTrue } from '../support/conditions';
import { backingServers } from '../support/environment';
import { REQUEST_QUEUE, SUBSCRIBE_QUEUE } from '../../src/platform/messaging/topology';
import { freePort } from '../support/ports';
import { PrivateRedis } from '../support/redis';
import { ServiceProcess } from '../support/service';
import { World } from '../support/world';

const PASSWORD = 'c4nary-secret';

interface Health {
  readonly details: Record<string, { readonly status: string; readonly reason?: string }>;
}

describe('a dependency that says no', () => {
  let world: World;
  let service: ServiceProcess | undefined;

  beforeAll(async () => {
    world = await World.open({ replicas: 0 });
  });
  afterAll(() => world.close());
  afterEach(async () => {
    await service?.kill();
    for (const queue of [REQUEST_QUEUE, SUBSCRIBE_QUEUE]) await world.vhost.deleteQueue(queue);
  });

  const probe = async (name: string): Promise<Health['details'][string] | undefined> =>
    (JSON.parse((await (service as ServiceProcess).get('/health/ready')).text) as Health).details[name];
  const lines = (text: string): number =>
    (service as ServiceProcess).log.filter(({ fields }) => String(fields?.['message']).includes(text)).length;
  const brokerAddress = (change: (url: URL) => void): string => {
    const url = new URL(world.vhost.address);
    change(url);
    return url.href;
  };

  it.each([
    ['a wrong password', (url: URL): string => (url.password = PASSWORD), 'ACCESS_REFUSED', 'refuses this login'],
    [
      'an unknown virtual host',
      (url: URL): string => (url.pathname = '/nosuchvhost'),
      'NOT_ALLOWED',
      'has no virtual host nosuchvhost',
    ],
    [
      'a port of another server',
      (url: URL): string => (url.port = String(backingServers().sql.port)),
      'NO_HANDSHAKE',
      'before the login',
    ],
    [
      'TLS on a plain port',
      (url: URL): string => (url.href = url.href.replace('amqp:', 'amqps:')),
      'NOT_TLS',
      'does not speak TLS',
    ],
    ['a port where nothing listens', (url: URL): string => (url.port = '1'), 'ECONNREFUSED', 'nothing listens'],
  ] as const)(
    'the broker, to %s: told once, in the log and on the health page; Redis is well',
    async (_what, change, code, text) => {
      service = await ServiceProcess.spawn({
        ...world.environment(),
        RABBITMQ_ADDRESS: brokerAddress((url) => void change(url)),
      });
      await eventually('the reason', async () => (await probe('broker'))?.reason === code, { timeoutMs: 20_000 });
      await eventually('Redis being well', async () => (await probe('redis'))?.status === 'up');
      await staysTrue('told once', () => lines(text) === 1, 2_500);
      expect(service.logText()).not.toContain(PASSWORD);
      expect(service.logText()).not.toContain('DEP0123');
    },
  );

  it.each([
    ['enter', undefined, 'NOT_ALLOWED', 'may not use the virtual host'],
    ['declare', { configure: 'nothing', write: '.*', read: '.*' }, 'ACCESS_REFUSED', 'may not use the'],
    ['read', { configure: '.*', write: '.*', read: 'nothing' }, 'ACCESS_REFUSED', 'may not use the'],
  ] as const)('the broker, to a user who may not %s: told once', async (_what, permissions, code, text) => {
    const address = await world.vhost.addressOfUser(permissions);
    service = await ServiceProcess.spawn({ ...world.environment(), LOG_LEVEL: 'info', RABBITMQ_ADDRESS: address });
    await eventually('the reason', async () => (await probe('broker'))?.reason === code, { timeoutMs: 20_000 });
    await eventually('the reason in the log', () => lines(text) > 0);
    const severe = (): number =>
      (service as ServiceProcess).log.filter(({ fields }) => /WARN|ERROR/.test(String(fields?.['severity']))).length;
    // Several channels may be refused, each something else.
    await eventually(
      'each refusal being told',
      async () => {
        const before = severe();
        await pause(5_000);
        return severe() === before;
      },
      { timeoutMs: 30_000 },
    );
    expect(service.running).toBe(true);
  });

  it('the broker, to a user who may not publish: the doctor says so', async () => {
    const address = await world.vhost.addressOfUser({ configure: '.*', write: 'nothing', read: '.*' });
    const { stdout } = await control(['doctor', '--format', 'table'], {
      environment: { ...world.environment(), RABBITMQ_ADDRESS: address },
    });
    expect(stdout).toMatch(/^FAIL {2}broker +this login may not use .*\(ACCESS_REFUSED\)\n {6}-> rabbitmqctl/m);
  });

  it('the broker, to one connection more than its limit: says so, and goes on when there may be', async () => {
    await world.vhost.limitConnections(0);
    try {
      service = await ServiceProcess.spawn(world.environment());
      await eventually('the reason', async () => (await probe('broker'))?.reason === 'NOT_ALLOWED', {
        timeoutMs: 20_000,
      });
      expect(lines('a limit is reached')).toBe(1);
    } finally {
      await world.vhost.limitConnections(-1);
    }
    await service.untilReady();
  });

  it('the broker, to a queue that is there with other arguments: says which, and consumes when it is gone', async () => {
    const connection = await connect(world.vhost.address);
    const channel = await connection.createChannel();
    await channel.assertQueue(REQUEST_QUEUE, { durable: true, arguments: { 'x-max-length': 5 } });
    service = await ServiceProcess.spawn(world.environment());
    await eventually('the reason', async () => (await probe('broker'))?.reason === 'PRECONDITION_FAILED', {
      timeoutMs: 20_000,
    });
    expect(lines(`the queue ${REQUEST_QUEUE}: it is there with another x-max-length`)).toBe(1);
    expect(service.running).toBe(true);
    await channel.deleteQueue(REQUEST_QUEUE);
    await eventually('the broker being well', async () => (await probe('broker'))?.status === 'up', {
      timeoutMs: 30_000,
    });
    await connection.close();
  });

  it('of a Redis with users: by name and password it is used, without it says why', async () => {
    const redis = await PrivateRedis.start([
      ...['--requirepass', PASSWORD, '--user', 'svc', 'on', `>${PASSWORD}`, '~*', '&*', '+@all'],
    ]);
    try {
      service = await ServiceProcess.spawn({ ...world.environment(), REDIS_ADDRESS: redis.address });
      await eventually('the reason', async () => (await probe('redis'))?.reason === 'NOAUTH', { timeoutMs: 20_000 });
      expect(lines('REDIS_PASSWORD')).toBe(1);
      // The reason may be known before the other dependencies are there.
      await eventually('readiness', async () => (await service?.get('/health/ready'))?.status === 200);
      await service.kill();
      service = await ServiceProcess.spawn({
        ...world.environment(),
        REDIS_ADDRESS: redis.address,
        REDIS_PASSWORD: 'wrong',
      });
      await eventually('the reason', async () =>
        ['WRONGPASS', 'NOAUTH'].includes((await probe('redis'))?.reason ?? ''),
      );
      await service.kill();
      const address = `redis://svc:${PASSWORD}@${redis.address}/1`;
      service = await ServiceProcess.spawn({ ...world.environment(), REDIS_ADDRESS: address, REDIS_DATABASE: '' });
      await eventually('Redis being well', async () => (await probe('redis'))?.status === 'up');
      await eventually('trusted', () => lines('The cache is trusted') === 1);
      expect(service.logText()).not.toContain(PASSWORD);
    } finally {
      await redis.stop();
    }
  });

  it.each([
    ['a database that it does not have', { REDIS_DATABASE: '99' }, [], 'DBINDEX', 'REDIS_DATABASE'],
    [
      'a user without the keys of contacts',
      { REDIS_USERNAME: 'svc', REDIS_PASSWORD: PASSWORD, REDIS_DATABASE: '1' },
      ['~registrar:*', '+@all'],
      'NOPERM',
      'may not run the commands or use the keys',
    ],
    [
      'a user without a command of the scripts',
      { REDIS_USERNAME: 'svc', REDIS_PASSWORD: PASSWORD, REDIS_DATABASE: '1' },
      ['~*', '+@all', '-exists'],
      'NOPERM',
      'may not run the commands or use the keys',
    ],
  ] as const)('of a Redis, to %s: told once, and nothing is cached', async (_what, environment, rules, code, text) => {
    const user = rules.length === 0 ? [] : ['--user', 'svc', 'on', `>${PASSWORD}`, '&*', ...rules];
    const redis = await PrivateRedis.start(user);
    try {
      service = await ServiceProcess.spawn({ ...world.environment(), REDIS_ADDRESS: redis.address, ...environment });
      await eventually('the reason', async () => (await probe('redis'))?.reason === code, { timeoutMs: 20_000 });
      await service.untilReady();
      await staysTrue('told once', () => lines(text) === 1, 1_500);
      expect(lines('The cache is trusted')).toBe(0);
      expect(await redis.keys()).toEqual([]);
      // The libraries write nothing beside our log.
      expect(service.log.filter(({ fields }) => fields === undefined)).toEqual([]);
    } finally {
      await redis.stop();
    }
  });

  it('of a Redis by TLS: it is used where its certificate is trusted, and said why where it is not', async () => {
    const certificate = new Certificate();
    const port = await freePort();
    const files = ['--tls-cert-file', certificate.certFile, '--tls-key-file', certificate.keyFile];
    const redis = await PrivateRedis.start(['--tls-port', String(port), ...files, '--tls-auth-clients', 'no']);
    const environment = { ...world.environment(), REDIS_ADDRESS: `rediss://127.0.0.1:${port}/1`, REDIS_DATABASE: '' };
    try {
      service = await ServiceProcess.spawn(environment);
      const code = 'DEPTH_ZERO_SELF_SIGNED_CERT';
      await eventually('the reason', async () => (await probe('redis'))?.reason === code, { timeoutMs: 20_000 });
      expect(lines('its certificate or TLS was not accepted')).toBe(1);
      await service.kill();
      service = await ServiceProcess.spawn({ ...environment, NODE_EXTRA_CA_CERTS: certificate.certFile });
      await eventually('trusted', () => lines('The cache is trusted') === 1, { timeoutMs: 20_000 });
    } finally {
      await redis.stop();
      certificate.remove();
    }
  });

  it('of a Redis that is a replica: says so, makes new connections, and is used when it is none any longer', async () => {
    const redis = await PrivateRedis.start();
    const { redis: master } = backingServers();
    try {
      await redis.command('REPLICAOF', master.host, String(master.port));
      service = await ServiceProcess.spawn({ ...world.environment(), REDIS_ADDRESS: redis.address });
      await eventually('the reason', async () => (await probe('redis'))?.reason === 'READONLY', { timeoutMs: 20_000 });
      expect(lines('a replica that only reads')).toBe(1);
      await redis.command('REPLICAOF', 'NO', 'ONE');
      await eventually('Redis being well', async () => (await probe('redis'))?.status === 'up');
    } finally {
      await redis.stop();
    }
  });

  it('of a node of a cluster: says that it is one', async () => {
    const redis = await PrivateRedis.start([
      '--cluster-enabled',
      'yes',
      '--cluster-config-file',
      `nodes-${randomUUID()}.conf`,
    ]);
    try {
      service = await ServiceProcess.spawn({
        ...world.environment(),
        REDIS_ADDRESS: redis.address,
        REDIS_DATABASE: '0',
      });
      await eventually(
        'the reason',
        async () => /CROSSSLOT|CLUSTERDOWN|MOVED/.test((await probe('redis'))?.reason ?? ''),
        {
          timeoutMs: 20_000,
        },
      );
    } finally {
      await redis.stop();
    }
  });
});

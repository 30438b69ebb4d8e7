import { connect } from 'amqplib';
import { randomUUID } from 'node:crypto';
import { eventually, staysTrue } from '../support/conditions';
import { backingServers } from '../support/environment';
import { REQUEST_QUEUE } from '../../src/platform/messaging/topology';
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
      'the virtual host nosuchvhost',
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

import { connect as connectTo } from 'node:net';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import Redis from 'ioredis';
import { connect } from 'amqplib';
import { run, root, stack, temporaryFolder, type Status } from './run';

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connectTo({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

describe('the private stack', () => {
  const folders: { dir: string; remove: () => Promise<void> }[] = [];
  const folder = async (): Promise<string> => {
    const made = await temporaryFolder();
    folders.push(made);
    return made.dir;
  };

  afterEach(async () => {
    for (const { dir, remove } of folders.splice(0)) {
      await run(join(root, 'scripts', 'stack.mjs'), ['down', '--discard', '--dir', dir]);
      await remove();
    }
  });

  it('comes up whole, takes real clients, and leaves nothing running', async () => {
    const dir = await folder();
    const status = (await stack(dir, 'up', '--profile', 'test')) as Status;
    const ports = [status.mariadb.port, status.redis.port, status.rabbitmq.port, status.rabbitmq.managementPort];
    expect(await Promise.all(ports.map(isListening))).toEqual([true, true, true, true]);

    const { host, port, user, password } = status.mariadb;
    const database = await createConnection({ host, port, user, password, database: 'bin_manager' });
    const [[made]] = (await database.query(
      "select default_character_set_name as charset, default_collation_name as collation from information_schema.schemata where schema_name = 'asterisk'",
    )) as unknown as [[{ charset: string; collation: string }]];
    const [[limit]] = (await database.query('select @@max_connections as connections')) as unknown as [
      [{ connections: number }],
    ];
    await database.end();
    expect(made).toEqual({ charset: 'utf8mb4', collation: 'utf8mb4_general_ci' });
    expect(limit.connections).toBeGreaterThanOrEqual(500);

    const cache = new Redis({ host: status.redis.host, port: status.redis.port });
    expect(await cache.ping()).toBe('PONG');
    cache.disconnect();

    const variables = (await stack(dir, 'env')) as unknown as Record<string, string>;
    expect(Object.keys(variables).sort()).toEqual([
      'DATABASE_DSN_ASTERISK',
      'DATABASE_DSN_BIN',
      'DIRECT_HASH',
      'RABBITMQ_ADDRESS',
      'RABBITMQ_MANAGEMENT_ADDRESS',
      'REDIS_ADDRESS',
      'RESOURCE_LIMIT_CHECK',
    ]);
    expect([variables['RESOURCE_LIMIT_CHECK'], variables['DIRECT_HASH']]).toEqual(['off', 'off']);
    expect(variables['DATABASE_DSN_BIN']).toBe(`${user}:${password}@tcp(127.0.0.1:${port})/bin_manager`);
    const broker = await connect(variables['RABBITMQ_ADDRESS']!);
    await broker.close();
    const management = new URL('/api/overview', variables['RABBITMQ_MANAGEMENT_ADDRESS']);
    const authorization = `Basic ${Buffer.from(`${management.username}:${management.password}`).toString('base64')}`;
    management.username = management.password = '';
    expect((await fetch(management, { headers: { authorization } })).status).toBe(200);

    await stack(dir, 'down', '--discard');
    expect(await Promise.all(ports.map(isListening))).toEqual([false, false, false, false]);
  });

  it('kills and starts one server on the same port, with what it had stored', async () => {
    const dir = await folder();
    const { mariadb } = (await stack(dir, 'up', '--only', 'mariadb', '--profile', 'test')) as Status;
    const { host, port, user, password } = mariadb;
    const login = { host, port, user, password, database: 'bin_manager' };
    const before = await createConnection(login);
    before.on('error', () => undefined); // it is cut below
    await before.query('create table kept (id int primary key)');
    await before.query('insert into kept values (7)');

    const killed = (await stack(dir, 'kill', 'mariadb')) as Status;
    expect(killed.mariadb).toMatchObject({ alive: false, pid: null, port });
    expect(await isListening(port)).toBe(false);
    before.destroy();

    const started = (await stack(dir, 'start', 'mariadb')) as Status;
    expect(started.mariadb).toMatchObject({ alive: true, port });
    expect(started.mariadb.pid).not.toBe(mariadb.pid);
    const after = await createConnection(login);
    const [found] = await after.query('select id from kept');
    await after.end();
    expect(found).toEqual([{ id: 7 }]);
  });

  it('stops a paused server, and starts it anew', async () => {
    const dir = await folder();
    const { redis } = (await stack(dir, 'up', '--only', 'redis')) as Status;
    process.kill(redis.pid!, 'SIGSTOP');
    expect(((await stack(dir, 'stop', 'redis')) as Status).redis.alive).toBe(false);
    expect(((await stack(dir, 'up', '--only', 'redis')) as Status).redis).toMatchObject({
      alive: true,
      port: redis.port,
    });
  });

  it('runs twice at once, and "up" twice in one folder is one stack', async () => {
    const [one, two] = [await folder(), await folder()];
    const [first, again, other] = (await Promise.all([
      stack(one, 'up', '--only', 'redis'),
      stack(one, 'up', '--only', 'redis'),
      stack(two, 'up', '--only', 'redis'),
    ])) as [Status, Status, Status];
    expect(again.redis).toEqual(first.redis);
    expect(other.redis.port).not.toBe(first.redis.port);
    expect(other.redis.pid).not.toBe(first.redis.pid);
    await stack(one, 'down');
    expect(await isListening(first.redis.port)).toBe(false);
    expect(await isListening(other.redis.port)).toBe(true);
  });

  it('says what is wrong with a command', async () => {
    const script = join(root, 'scripts', 'stack.mjs');
    const dir = await folder();
    expect((await run(script, ['sideways'])).code).toBe(2);
    expect(await run(script, ['kill', 'redis', '--dir', dir])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no stack in') as string,
    });
    expect((await run(script, ['up', '--only', 'postgres', '--dir', dir])).stderr).toContain(
      'unknown server "postgres"',
    );
  });
});

import { control } from '../cli/control';
import { createExtension } from '../factories/extension.factory';
import { Caller, REQUEST_QUEUE } from '../support/caller';
import { eventually, staysTrue } from '../support/conditions';
import { TestDatabase, uuidToBinary } from '../support/database';
import { backingServers } from '../support/environment';
import { extensionOf } from '../support/envelope';
import { CUSTOMER_EXCHANGE, CustomerManager, EVENT_EXCHANGE, SUBSCRIBE_QUEUE } from '../support/events';
import { VirtualHost } from '../support/management';
import { REDIS_DATABASE } from '../support/redis';
import { ServiceProcess } from '../support/service';
import { BASE_DOMAIN_EXTENSION, BASE_DOMAIN_TRUNK, freshId } from '../support/world';
import { EventJournal } from './support/event-journal';
import { PrivateStack } from './support/private-stack';

const EXTENSIONS = 40;

describe('B7: the broker goes away and comes back', () => {
  let stack: PrivateStack;
  let vhost: VirtualHost;
  let bin: TestDatabase;
  let asterisk: TestDatabase;
  let service: ServiceProcess;
  let journal: EventJournal;
  let environment: Record<string, string>;

  beforeAll(async () => {
    stack = await PrivateStack.up('rabbitmq');
    [vhost, bin, asterisk] = [
      await VirtualHost.create(),
      await TestDatabase.create('bin'),
      await TestDatabase.create('asterisk'),
    ];
    journal = await EventJournal.open(() => vhost.address);
    const { redis } = backingServers();
    environment = {
      DATABASE_DSN_BIN: bin.dsn(),
      DATABASE_DSN_ASTERISK: asterisk.dsn(),
      RABBITMQ_ADDRESS: vhost.address,
      REDIS_ADDRESS: `${redis.host}:${redis.port}`,
      REDIS_DATABASE: String(REDIS_DATABASE),
      PROMETHEUS_ENDPOINT: '/metrics',
      DOMAIN_NAME_EXTENSION: BASE_DOMAIN_EXTENSION,
      DOMAIN_NAME_TRUNK: BASE_DOMAIN_TRUNK,
      RESOURCE_LIMIT_CHECK: 'off',
      DIRECT_HASH: 'off',
    };
    service = await ServiceProcess.start(environment);
  }, 120_000);
  afterAll(async () => {
    await service.stop();
    await Promise.all([bin.drop(), asterisk.drop()]);
    await stack.down();
  }, 60_000);

  const ready = async (): Promise<boolean> => {
    if (!service.running)
      throw new Error(
        `the service has ended:\n${service.log
          .filter(({ text }) => text.includes('CRITICAL'))
          .map(({ text }) => text)
          .join('\n')}`,
      );
    return (await service.get('/health/ready')).status === 200;
  };
  const withCaller = async <T>(work: (caller: Caller) => Promise<T>): Promise<T> => {
    const caller = await Caller.connect(vhost.address);
    try {
      return await work(caller);
    } finally {
      await caller.close();
    }
  };

  it('all that is declared comes back, and no event is lost', async () => {
    const customerId = freshId();
    await withCaller(async (caller) => {
      for (let number = 0; number < EXTENSIONS; number++) {
        const request = createExtension(customerId, { extension: String(7500 + number) });
        extensionOf(await caller.post('/v1/extensions', request));
      }
    });
    const customers = await CustomerManager.connect(vhost.address);
    await customers.announceDeleted(customerId);
    await customers.close();
    const customer = [uuidToBinary(customerId)];
    const deleted = (): Promise<number> =>
      bin.count('registrar_extensions', 'customer_id = ? AND tm_delete IS NOT NULL', customer);
    await eventually('the cascade being under way', async () => (await deleted()) > 0, { intervalMs: 2 });
    await stack.kill('rabbitmq');
    await eventually('the cascade being done all the same', async () => (await deleted()) === EXTENSIONS);
    await eventually('readiness being red', async () => !(await ready()));
    await staysTrue('alive, and not ready', async () => (await service.get('/health/live')).status === 200, 3_000);
    await stack.start('rabbitmq');

    await eventually('the service being ready', ready, { timeoutMs: 30_000 });
    await eventually('an empty outbox', async () => (await bin.count('registrar_outbox')) === 0, { timeoutMs: 30_000 });
    expect((await journal.idsOf('extension_created')).size).toBe(EXTENSIONS);
    expect((await journal.idsOf('extension_deleted')).size).toBe(EXTENSIONS);
    expect(service.running).toBe(true);
  }, 120_000);

  it('declarations, bindings, consumers and prefetch are those of before', async () => {
    const states = await withCaller(async (caller) => [
      await caller.queueState(REQUEST_QUEUE),
      await caller.queueState(SUBSCRIBE_QUEUE),
    ]);
    expect(states).toEqual([
      { messages: 0, consumers: 1 },
      { messages: 0, consumers: 1 },
    ]);
    const bindings = await vhost.bindings(SUBSCRIBE_QUEUE);
    expect(bindings.map(({ source }) => source)).toContain(CUSTOMER_EXCHANGE);
    expect(await vhost.exchange(EVENT_EXCHANGE)).toMatchObject({ type: 'fanout', durable: true });
    const ttls = (await vhost.queues()).map((queue) => queue.arguments['x-message-ttl']).filter(Boolean);
    expect(ttls.map(Number).sort((a, b) => a - b)).toEqual([5_000, 30_000, 120_000]);
    const prefetch = await eventually('the consumers being listed', async () => {
      const found = await vhost.consumers();
      return found.length === 2 && found.map((consumer) => consumer.prefetch_count).sort((a, b) => a - b);
    });
    expect(prefetch[0]).toBe(10);
    expect(prefetch[1]).toBeGreaterThan(10);
  });

  it('a broker in alarm: told once, not ready, the doctor says so, the service ends in order; then every event goes out', async () => {
    const customerId = freshId();
    const id = uuidToBinary(freshId());
    await stack.rabbitmqctl('set_vm_memory_high_watermark', '0.0001');
    try {
      // The alarm is told to a connection that publishes.
      await bin.run(
        `INSERT INTO registrar_outbox (resource_id, type, publisher, payload, cache_keys, tm_create)
           VALUES (?, 'extension_created', 'registrar-manager', ?, '[]', utc_timestamp(6))`,
        [id, JSON.stringify({ id: customerId, customer_id: customerId })],
      );
      const health = async (): Promise<string> => (await service.get('/health/ready')).text;
      await eventually('the reason', async () => (await health()).includes('BLOCKED'), { timeoutMs: 20_000 });
      const told = (): number =>
        service.log.filter(({ text }) => text.includes('The broker cannot be used: it takes no messages')).length;
      await staysTrue('told once', () => told() === 1, 2_000);
      const { stdout } = await control(['doctor', '--format', 'table'], { environment });
      expect(stdout).toMatch(/^FAIL {2}broker +it takes no messages?.*\n {6}->/m);
      // What it cannot send is in the outbox.
      expect(await service.stop()).toEqual({ code: 0, signal: null });
    } finally {
      await stack.rabbitmqctl('set_vm_memory_high_watermark', '0.6');
    }
    service = await ServiceProcess.start(environment);
    await eventually('the service being ready', ready, { timeoutMs: 30_000 });
    await eventually('an empty outbox', async () => (await bin.count('registrar_outbox')) === 0, { timeoutMs: 30_000 });
    expect(await journal.idsOf('extension_created')).toContain(customerId);
  }, 120_000);

  it('an event that waits for its database is there after a crash of the broker', async () => {
    const customerId = freshId();
    await withCaller(async (caller) => extensionOf(await caller.post('/v1/extensions', createExtension(customerId))));
    await bin.run(`CREATE TRIGGER not_ready BEFORE UPDATE ON registrar_extensions FOR EACH ROW
      SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'read-only'`);
    const customers = await CustomerManager.connect(vhost.address);
    await customers.announceDeleted(customerId);
    await customers.close();
    await eventually('the event waiting', async () => {
      return (await withCaller((caller) => caller.queueState(`${SUBSCRIBE_QUEUE}.wait.5s`))).messages > 0;
    });
    await stack.kill('rabbitmq');
    await stack.start('rabbitmq');
    await bin.run('DROP TRIGGER not_ready');
    const living = 'customer_id = ? AND tm_delete IS NULL';
    await eventually(
      'it being done',
      async () => (await bin.count('registrar_extensions', living, [uuidToBinary(customerId)])) === 0,
      { timeoutMs: 60_000 },
    );
  }, 120_000);
});

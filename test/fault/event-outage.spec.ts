import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { eventually } from '../support/conditions';
import { uuidToBinary } from '../support/database';
import { extensionOf, trunkOf } from '../support/envelope';
import { PARKED_QUEUE, SUBSCRIBE_QUEUE } from '../support/events';
import { TcpProxy } from '../support/tcp-proxy';
import { freshDomain, freshId, World } from '../support/world';

const waitQueue = (delay: string): string => `${SUBSCRIBE_QUEUE}.wait.${delay}`;
const deletedEvent = (customerId: string): string =>
  JSON.stringify({ type: 'customer_deleted', publisher: 'customer-manager', data: { id: customerId } });
const retried = (value: number): Record<string, unknown> => ({ 'x-retry-count': { '!': 'int32', value } });
const waited = (value: number): Record<string, unknown> => ({ 'x-registrar-waits': { '!': 'int32', value } });

describe('an event whose dependency is away', () => {
  let world: World;
  let bin: TcpProxy;
  let asterisk: TcpProxy;

  beforeAll(async () => {
    world = await World.open({
      replicas: 0,
      environment: { LOG_LEVEL: 'info', RECONCILE_INTERVAL_SECONDS: '0', RESOURCE_LIMIT_CHECK: 'off' },
    });
    bin = await TcpProxy.before('127.0.0.1', world.bin.port);
    asterisk = await TcpProxy.before('127.0.0.1', world.asterisk.port);
    await startService();
  });
  afterEach(async () => {
    bin.restore();
    asterisk.restore();
    await world.bin.allow('UPDATE', 'registrar_trunks');
    await eventually('readiness', async () => (await world.service.get('/health/ready')).status === 200);
  });
  afterAll(async () => {
    await world.close();
    await Promise.all([bin.close(), asterisk.close()]);
  });

  const startService = (): Promise<unknown> =>
    world.startService({
      DATABASE_DSN_BIN: world.bin.dsn(bin.port),
      DATABASE_DSN_ASTERISK: world.asterisk.dsn(asterisk.port),
    });
  const givenCustomer = async (): Promise<string> => {
    const customerId = freshId();
    extensionOf(await world.caller.post('/v1/extensions', createExtension(customerId)));
    trunkOf(await world.caller.post('/v1/trunks', createTrunk(customerId, { domain_name: freshDomain() })));
    return customerId;
  };
  const alive = async (customerId: string): Promise<[extensions: number, trunks: number, logins: number]> => {
    const living = 'customer_id = ? AND tm_delete IS NULL';
    const key = [uuidToBinary(customerId)];
    return [
      await world.bin.count('registrar_extensions', living, key),
      await world.bin.count('registrar_trunks', living, key),
      await world.asterisk.count('ps_endpoints', 'id LIKE ?', [`%@${customerId}.%`]),
    ];
  };
  const messages = async (queue: string): Promise<number> => (await world.caller.queueState(queue)).messages;
  const waitsIn = (delay: string): Promise<unknown> =>
    eventually(`the event waiting for ${delay}`, async () => (await messages(waitQueue(delay))) > 0, {
      timeoutMs: 40_000,
    });
  const goesInTheEnd = (customerId: string): Promise<unknown> =>
    eventually('nothing left', async () => (await alive(customerId)).every((count) => count === 0), {
      timeoutMs: 60_000,
    });

  it.each(['bin', 'asterisk'] as const)(
    'is not parked after its last try while the database %s is away, and is done when it is back',
    async (which) => {
      const customerId = await givenCustomer();
      const deferred = await world.service.metric('registrar_manager_events_deferred_total');
      ({ bin, asterisk })[which].cut();
      await world.customers.put(SUBSCRIBE_QUEUE, deletedEvent(customerId), retried(3));
      await waitsIn('5s');
      await eventually('the count', async () => {
        return (await world.service.metric('registrar_manager_events_deferred_total')) > deferred;
      });
      expect(await world.service.metric('registrar_manager_events_waiting')).toBe(1);
      // It fails again, and waits for longer.
      await waitsIn('30s');
      expect(await world.service.metric('registrar_manager_events_waiting_oldest_age_seconds')).toBeGreaterThan(4);
      ({ bin, asterisk })[which].restore();
      await goesInTheEnd(customerId);
      expect(await messages(PARKED_QUEUE)).toBe(0);
    },
  );

  it('waits for 120 s each time in the end, and has all its tries', async () => {
    const customerId = await givenCustomer();
    bin.cut();
    await world.customers.put(SUBSCRIBE_QUEUE, deletedEvent(customerId), { ...retried(1), ...waited(400) });
    await waitsIn('120s');
    const taken = await world.customers.take(waitQueue('120s'));
    expect(taken?.headers).toMatchObject({ 'x-retry-count': 1, 'x-registrar-waits': 401 });
    bin.restore();
    await world.customers.put(SUBSCRIBE_QUEUE, deletedEvent(customerId), {});
    await goesInTheEnd(customerId);
  });

  it('waits although something else of it fails for itself, and is parked for that when the outage is over', async () => {
    const customerId = await givenCustomer();
    await world.bin.refuse('UPDATE', 'registrar_trunks');
    asterisk.cut();
    await world.customers.put(SUBSCRIBE_QUEUE, deletedEvent(customerId), retried(3));
    await waitsIn('5s');
    asterisk.restore();
    const parked = await eventually('the event parked', () => world.customers.take(PARKED_QUEUE), {
      timeoutMs: 40_000,
    });
    expect(parked.headers['x-retry-count']).toBe(3);
    expect(await alive(customerId)).toEqual([0, 1, 0]);
  });

  it('does not keep others from being parked: one that cannot be read waits for nothing', async () => {
    bin.cut();
    await world.customers.publishRaw('this is no event');
    const parked = await eventually('the bad event parked', () => world.customers.take(PARKED_QUEUE));
    expect(parked.body).toBe('this is no event');
  });

  it('survives a crash of the service while it waits', async () => {
    const customerId = await givenCustomer();
    bin.cut();
    await world.customers.put(SUBSCRIBE_QUEUE, deletedEvent(customerId), waited(1));
    await waitsIn('30s');
    await world.service.kill();
    world.services.splice(0);
    bin.restore();
    await startService();
    await goesInTheEnd(customerId);
  });
});

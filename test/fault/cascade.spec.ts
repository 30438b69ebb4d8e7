import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { eventually, fewAtOnce } from '../support/conditions';
import { uuidToBinary } from '../support/database';
import { extensionOf, trunkOf } from '../support/envelope';
import { PARKED_QUEUE, SUBSCRIBE_QUEUE } from '../support/events';
import { freshId, World } from '../support/world';
import { brokenPromises } from './support/promises';

const EXTENSIONS = 60;
const deletedEvent = (customerId: string): string =>
  JSON.stringify({
    type: 'customer_deleted',
    publisher: 'customer-manager',
    data_type: 'application/json',
    data: { id: customerId },
  });

describe('the cascade of a deleted customer', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.open({ environment: { LOG_LEVEL: 'info', RECONCILE_INTERVAL_SECONDS: '2' } });
  });
  afterAll(() => world.close());

  const givenCustomer = async (extensions: number): Promise<string> => {
    const customerId = freshId();
    const numbers = Array.from({ length: extensions }, (_, index) => String(7600 + index));
    await fewAtOnce(numbers, async (extension) =>
      extensionOf(await world.caller.post('/v1/extensions', createExtension(customerId, { extension }))),
    );
    trunkOf(await world.caller.post('/v1/trunks', createTrunk(customerId)));
    return customerId;
  };
  const alive = async (customerId: string): Promise<number> => {
    const counts = ['registrar_extensions', 'registrar_trunks'].map((table) =>
      world.bin.count(table, 'customer_id = ? AND tm_delete IS NULL', [uuidToBinary(customerId)]),
    );
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  };
  const expectAllGone = async (customerId: string, extensions: number): Promise<void> => {
    await eventually('nothing alive', async () => (await alive(customerId)) === 0, { timeoutMs: 30_000 });
    let broken: string[] = [];
    await eventually(
      'every promise being kept',
      async () => (broken = await brokenPromises(world, customerId)).length === 0,
      { timeoutMs: 20_000 },
    ).catch(() => undefined);
    expect(broken).toEqual([]);
    expect(new Set(world.events.of(customerId, 'extension_deleted').map(({ data }) => data['id'])).size).toBe(
      extensions,
    );
  };

  it('killed midway, it goes on where it was', async () => {
    const customerId = await givenCustomer(EXTENSIONS);
    await world.customers.announceDeleted(customerId);
    await eventually('some gone', async () => (await alive(customerId)) < EXTENSIONS, { intervalMs: 2 });
    await world.service.kill();
    world.services.splice(0);
    expect(await alive(customerId)).toBeGreaterThan(0);
    await world.startService();
    await expectAllGone(customerId, EXTENSIONS);
    await eventually('the event being acknowledged', async () => {
      return (await world.caller.queueState(SUBSCRIBE_QUEUE)).messages === 0;
    });
  });

  it('twice at once on two replicas, each resource is announced once', async () => {
    const customerId = await givenCustomer(30);
    const second = await world.startService();
    await Promise.all([world.customers.announceDeleted(customerId), world.customers.announceDeleted(customerId)]);
    await expectAllGone(customerId, 30);
    expect(world.events.of(customerId, 'extension_deleted')).toHaveLength(30);
    await second.stop();
    world.services.pop();
  });

  it('parked after the fourth failure; replayed as a Go service would, it is done', async () => {
    const customerId = await givenCustomer(3);
    await world.bin.refuse('UPDATE', 'registrar_extensions');
    try {
      await world.customers.put(SUBSCRIBE_QUEUE, deletedEvent(customerId), {
        'x-retry-count': { '!': 'int32', value: 3 },
      });
      const parked = await eventually('the event parked', () => world.customers.take(PARKED_QUEUE));
      expect(parked.headers['x-retry-count']).toBe(3);
      expect(await alive(customerId)).toBe(3);
      await world.bin.allow('UPDATE', 'registrar_extensions');
      await world.customers.put(SUBSCRIBE_QUEUE, parked.body, {});
      await expectAllGone(customerId, 3);
    } finally {
      await world.bin.allow('UPDATE', 'registrar_extensions');
    }
  });
});

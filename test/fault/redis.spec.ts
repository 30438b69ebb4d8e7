import { createExtension } from '../factories/extension.factory';
import { eventually } from '../support/conditions';
import { extensionOf, type ExtensionData } from '../support/envelope';
import { openRedis, PrivateRedis } from '../support/redis';
import type { ServiceProcess } from '../support/service';
import { freshId, World } from '../support/world';

const DATABASE = 1;
const NEW_PASSWORD = 'changed while Redis was away';

describe('Redis in trouble', () => {
  let redis: PrivateRedis;
  let world: World;

  beforeAll(async () => {
    redis = await PrivateRedis.start();
    const environment = { REDIS_ADDRESS: redis.address, REDIS_DATABASE: String(DATABASE), LOG_LEVEL: 'info' };
    world = await World.open({ environment, replicas: 0 });
  });
  afterAll(async () => {
    await world.close();
    await redis.stop();
  });
  afterEach(() => world.stopServices());

  const trusted = async (service: ServiceProcess): Promise<void> => {
    await eventually('the cache being trusted', async () => (await service.metric('registrar_manager_redis_up')) === 1);
  };

  /** An extension that is in the cache for sure. */
  const cachedExtension = async (): Promise<ExtensionData> => {
    const created = extensionOf(await world.caller.post('/v1/extensions', createExtension(freshId())));
    extensionOf(await world.caller.get(`/v1/extensions/${created.id}`));
    const client = openRedis({ host: '127.0.0.1', port: redis.port }, DATABASE);
    try {
      await eventually('it being cached', async () => (await client.exists(`registrar:extension:${created.id}`)) === 1);
    } finally {
      client.disconnect();
    }
    return created;
  };

  const changePassword = async ({ id }: ExtensionData): Promise<void> => {
    const change = { name: '', detail: '', password: NEW_PASSWORD };
    expect(extensionOf(await world.caller.put(`/v1/extensions/${id}`, change)).password).toBe(NEW_PASSWORD);
  };

  /** By id and by number, over and over while the cache comes back. */
  const expectNeverStale = async ({ id, customer_id: customerId, extension }: ExtensionData): Promise<void> => {
    for (let read = 0; read < 30; read++) {
      const byId = extensionOf(await world.caller.get(`/v1/extensions/${id}`));
      const uri = `/v1/extensions/extension/${extension}`;
      const byNumber = extensionOf(await world.caller.get(uri, { customer_id: customerId }));
      expect([byId.password, byNumber.password]).toEqual([NEW_PASSWORD, NEW_PASSWORD]);
    }
  };

  it('away at start: ready, serving; used once it is there', async () => {
    await redis.stop();
    const service = await world.startService();
    extensionOf(await world.caller.post('/v1/extensions', createExtension(freshId())));
    await redis.start();
    await trusted(service);
    await cachedExtension();
  });

  it('away in flight: no request fails for it', async () => {
    const service = await world.startService();
    await trusted(service);
    const customerId = freshId();
    let isOver = false;
    const statuses: number[] = [];
    const load = Promise.all(
      Array.from({ length: 5 }, async (_, caller) => {
        for (let serial = 0; !isOver; serial++) {
          const request = createExtension(customerId, { extension: `${caller}-${serial}` });
          statuses.push((await world.caller.post('/v1/extensions', request)).status_code);
        }
      }),
    );
    await eventually('some answers', () => statuses.length > 10);
    await redis.stop();
    const before = statuses.length;
    await eventually('answers without it', () => statuses.length > before + 20);
    await redis.start();
    await trusted(service);
    isOver = true;
    await load;
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  });

  it('back with what it held: a password changed meanwhile is never served from before', async () => {
    const service = await world.startService();
    await trusted(service);
    const extension = await cachedExtension();
    redis.suspend();
    await changePassword(extension);
    redis.resume();
    await expectNeverStale(extension);
    await trusted(service);
    await expectNeverStale(extension);
  });

  it('the service killed after a change that Redis did not hear of: both back, nothing stale', async () => {
    const first = await world.startService();
    await trusted(first);
    const extension = await cachedExtension();
    redis.suspend();
    await changePassword(extension);
    await first.kill();
    world.services.splice(0);
    redis.resume();
    const second = await world.startService();
    await expectNeverStale(extension);
    await trusted(second);
    await expectNeverStale(extension);
  });

  it('two replicas, and one of them hears nothing of Redis: the other serves nothing stale for long', async () => {
    const [first, second] = [await world.startService(), await world.startService()];
    await Promise.all([trusted(first), trusted(second)]);
    const extension = await cachedExtension();
    redis.suspend();
    await changePassword(extension);
    redis.resume();
    await Promise.all([trusted(first), trusted(second)]);
    await expectNeverStale(extension);
  });
});

import { registeredContact } from '../factories/contact.factory';
import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { eventually } from '../support/conditions';
import { extensionOf, trunkOf, type ExtensionData } from '../support/envelope';
import { PrivateRedis } from '../support/redis';
import { World, freshId } from '../support/world';

describe('Redis away', () => {
  let redis: PrivateRedis;
  let world: World;

  beforeAll(async () => {
    redis = await PrivateRedis.start();
    world = await World.open({ environment: { REDIS_ADDRESS: redis.address, REDIS_DATABASE: '1' } });
  });
  afterAll(async () => {
    await world.close();
    await redis.stop();
  });
  beforeEach(async () => {
    if (!redis.running) await redis.start();
    await eventually('Redis trusted again', async () => (await world.service.get('/health/ready')).status === 200);
  });

  const everyRoute = async (): Promise<ExtensionData> => {
    const customerId = freshId();
    const created = extensionOf(await world.caller.post('/v1/extensions', createExtension(customerId)));
    const trunk = trunkOf(await world.caller.post('/v1/trunks', createTrunk(customerId)));
    const filters = { customer_id: customerId, deleted: false };
    for (const [method, uri, data] of [
      ['GET', `/v1/extensions/${created.id}`, undefined],
      ['PUT', `/v1/extensions/${created.id}`, { name: 'n', detail: 'd', password: 'during' }],
      ['GET', '/v1/extensions/extension/2001', filters],
      ['GET', '/v1/extensions?page_size=1', filters],
      ['GET', '/v1/extensions/count_by_customer', filters],
      ['POST', `/v1/extensions/${created.id}/direct-hash-regenerate`, undefined],
      ['GET', '/v1/contacts', { customer_id: customerId, extension: '2001' }],
      ['PUT', '/v1/contacts', { customer_id: customerId, extension: '2001' }],
      ['GET', `/v1/trunks/${trunk.id}`, undefined],
      ['GET', `/v1/trunks/domain_name/${trunk.domain_name}`, undefined],
      ['PUT', `/v1/trunks/${trunk.id}`, { name: 'n', auth_types: ['basic'], username: 'u', password: 'p' }],
      ['DELETE', `/v1/trunks/${trunk.id}`, undefined],
    ] as const) {
      const reply = await world.caller.call({ method, uri, data });
      expect([method, uri, reply.status_code]).toEqual([method, uri, 200]);
    }
    return created;
  };

  it('every route works without it; readiness stays green', async () => {
    await redis.stop();
    await everyRoute();
    expect((await world.service.get('/health/ready')).status).toBe(200);
  });

  it('a password changed meanwhile is never served from before the outage', async () => {
    const created = extensionOf(await world.caller.post('/v1/extensions', createExtension(freshId())));
    await world.caller.get(`/v1/extensions/${created.id}`);
    redis.suspend();
    const change = { name: '', detail: '', password: 'changed meanwhile' };
    extensionOf(await world.caller.put(`/v1/extensions/${created.id}`, change));
    redis.resume();
    for (let read = 0; read < 20; read += 1) {
      const now = extensionOf(await world.caller.get(`/v1/extensions/${created.id}`));
      expect(now.password).toBe('changed meanwhile');
    }
  });

  it('contacts refreshed during the outage are fresh after it', async () => {
    const made = await world.caller.post('/v1/extensions', createExtension(freshId()));
    const { customer_id: customerId } = extensionOf(made);
    const body = { customer_id: customerId, extension: '2001' };
    expect((await world.caller.get('/v1/contacts', body)).data).toEqual([]);
    redis.suspend();
    await world.asterisk.insert('ps_contacts', registeredContact(customerId, '2001'));
    expect((await world.caller.put('/v1/contacts', body)).status_code).toBe(200);
    redis.resume();
    const reply = await world.caller.get('/v1/contacts', body);
    expect(reply.data).toHaveLength(1);
  });

  it('a service started without it is ready and answers', async () => {
    await redis.stop();
    await world.stopServices();
    await world.startService();
    await everyRoute();
  });
});

import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { eventually } from '../support/conditions';
import { uuidToBinary } from '../support/database';
import { extensionOf, trunkOf } from '../support/envelope';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

const ONE_DAY_SECONDS = 86_400;

describe('the cache', () => {
  const world = withWorld();
  const keysOf = async (...parts: string[]): Promise<string[]> =>
    (await Promise.all(parts.map((part) => world().redis.keys(`*${part}*`))))
      .flat()
      .filter((key) => !key.startsWith('registrar:fence:'));
  /** Reads until the record is cached: right after a start the cache is not trusted yet. */
  const cached = (key: string, uri: string): Promise<string> =>
    eventually(key, async () => {
      await world().caller.get(uri);
      return (await world().redis.get(key)) ?? undefined;
    });

  it('holds whole records under the keys that a Go replica reads, for a day at most', async () => {
    const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId())));
    const extensionText = await cached(`registrar:extension:${created.id}`, `/v1/extensions/${created.id}`);
    expect(JSON.parse(extensionText)).toEqual(created);
    const trunk = trunkOf(await world().caller.post('/v1/trunks', createTrunk(freshId())));
    const trunkText = await cached(`registrar:trunk:${trunk.id}`, `/v1/trunks/${trunk.id}`);
    expect(JSON.parse(trunkText)).toEqual(trunk);

    const keys = await keysOf(created.id, created.customer_id, trunk.id, trunk.domain_name);
    expect(keys.length).toBeGreaterThanOrEqual(2);
    for (const key of keys) {
      expect(key).toMatch(/^(registrar:|ast_)/);
      const lifetime = await world().redis.ttl(key);
      expect(lifetime).toBeGreaterThan(0);
      expect(lifetime).toBeLessThanOrEqual(key.startsWith('ast_') ? 180 : ONE_DAY_SECONDS);
    }
  });

  it('understands what a Go replica wrote', async () => {
    const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId())));
    const byGo = { ...created, name: 'as the Go replica cached it' };
    await world().redis.set(`registrar:extension:${created.id}`, JSON.stringify(byGo), 'EX', ONE_DAY_SECONDS);
    expect(extensionOf(await world().caller.get(`/v1/extensions/${created.id}`))).toEqual(byGo);
  });

  it.each(['not json', '{}', '[]', 'null', '{"id":5}', '"x"'])('takes the rubbish %s for a miss', async (rubbish) => {
    const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId())));
    await world().redis.set(`registrar:extension:${created.id}`, rubbish, 'EX', ONE_DAY_SECONDS);
    expect(extensionOf(await world().caller.get(`/v1/extensions/${created.id}`))).toEqual(created);
  });

  it.each([
    ['never in the words of the original', { tm_update: '9999-01-01T00:00:00Z', tm_delete: '9999-01-01T00:00:00Z' }],
    ['times as of January 2026', { tm_create: '2026-01-16 01:02:03.123456', tm_update: '9999-01-01 00:00:00.000000' }],
  ])('lets nothing that the original left there outlive a change: %s', async (_what, times) => {
    const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId())));
    const key = `registrar:extension:${created.id}`;
    const uri = `/v1/extensions/${created.id}`;
    const leave = (): Promise<unknown> =>
      world().redis.set(key, JSON.stringify({ ...created, ...times }), 'EX', ONE_DAY_SECONDS);
    await leave();
    expect(extensionOf(await world().caller.get(uri))).toEqual(created);
    await leave();
    const changed = extensionOf(await world().caller.put(uri, { name: 'n', detail: 'd', password: 'changed-1' }));
    expect(extensionOf(await world().caller.get(uri))).toEqual(changed);
    await leave();
    const deleted = extensionOf(await world().caller.delete(uri));
    expect(extensionOf(await world().caller.get(uri))).toEqual(deleted);
  });

  it('never answers null for the lists of a trunk, whatever was cached', async () => {
    const created = trunkOf(await world().caller.post('/v1/trunks', createTrunk(freshId())));
    const text = JSON.stringify({ ...created, auth_types: null, allowed_ips: null });
    for (const [key, uri] of [
      [`registrar:trunk:${created.id}`, `/v1/trunks/${created.id}`],
      [`registrar:trunk_domain_name:${created.domain_name}`, `/v1/trunks/domain_name/${created.domain_name}`],
    ] as const) {
      await world().redis.set(key, text, 'EX', ONE_DAY_SECONDS);
      expect(trunkOf(await world().caller.get(uri))).toEqual(created);
    }
  });

  it('never serves an old password after a change, by no way of reading', async () => {
    const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId())));
    const { customer_id } = created;
    for (const password of ['p1', 'p2', 'p3']) {
      await world().caller.put(`/v1/extensions/${created.id}`, { name: '', detail: '', password });
      const byId = await world().caller.get(`/v1/extensions/${created.id}`);
      const byNumber = await world().caller.get('/v1/extensions/extension/2001', { customer_id });
      expect([extensionOf(byId).password, extensionOf(byNumber).password]).toEqual([password, password]);
    }
  });

  it('has no way left to a deleted extension or trunk', async () => {
    const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId())));
    const { customer_id } = created;
    await world().caller.get('/v1/extensions/extension/2001', { customer_id });
    await world().caller.get('/v1/contacts', { customer_id, extension: '2001' });
    await world().caller.delete(`/v1/extensions/${created.id}`);
    expect(await keysOf(created.endpoint_id, `${customer_id}:2001`)).toEqual([]);

    const trunk = trunkOf(await world().caller.post('/v1/trunks', createTrunk(freshId())));
    await world().caller.get(`/v1/trunks/domain_name/${trunk.domain_name}`);
    await world().caller.delete(`/v1/trunks/${trunk.id}`);
    expect(await keysOf(trunk.domain_name)).toEqual([]);
    expect((await world().caller.get(`/v1/trunks/domain_name/${trunk.domain_name}`)).status_code).toBe(404);
  });

  it('does not hold lists or counts', async () => {
    const customerId = freshId();
    const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    const filters = { customer_id: customerId, deleted: false };
    await world().caller.get('/v1/extensions?page_size=5', filters);
    await world().bin.run('UPDATE registrar_extensions SET name = ? WHERE id = ?', [
      'by hand',
      uuidToBinary(created.id),
    ]);
    const [listed] = (await world().caller.get('/v1/extensions?page_size=5', filters)).data as { name: string }[];
    expect(listed?.name).toBe('by hand');
  });
});

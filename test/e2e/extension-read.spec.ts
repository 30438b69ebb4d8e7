import { createExtension } from '../factories/extension.factory';
import { storedLogin } from '../factories/stored-login.factory';
import { ZERO_UUID } from '../support/database';
import { countOf, errorOf, extensionOf, extensionsOf } from '../support/envelope';
import { withWorld } from '../support/with-world';
import { freshId, type World } from '../support/world';

const SENTINEL = '9999-01-01 00:00:00.000000';

async function insertLegacyRow(world: World, customerId: string, extension: string): Promise<string> {
  const { id, extension: row } = storedLogin(customerId, extension, {
    name: 'from before February',
    detail: null,
    password: 'old',
    tm_create: '2025-05-05 05:05:05.500000',
    tm_update: SENTINEL,
    tm_delete: SENTINEL,
    direct_hash: null,
  });
  await world.bin.insert('registrar_extensions', row);
  return id;
}

describe('reading extensions', () => {
  const world = withWorld();

  it('by id, by number and by list give the same record', async () => {
    const customerId = freshId();
    const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    const byId = await world().caller.get(`/v1/extensions/${created.id}`);
    const byNumber = await world().caller.get('/v1/extensions/extension/2001', { customer_id: customerId });
    const list = await world().caller.get('/v1/extensions?page_token=&page_size=1', {
      customer_id: customerId,
      deleted: false,
      extension: '2001',
    });
    expect(extensionOf(byId)).toEqual(created);
    expect(extensionOf(byNumber)).toEqual(created);
    expect(extensionsOf(list)).toEqual([created]);
  });

  it('the zero uuid is a typed 404', async () => {
    const reply = await world().caller.get(`/v1/extensions/${ZERO_UUID}`);
    expect(reply.status_code).toBe(404);
    expect(errorOf(reply).reason).toBe('EXTENSION_NOT_FOUND');
  });

  it('by number finds only the living one', async () => {
    const customerId = freshId();
    const body = createExtension(customerId);
    const first = extensionOf(await world().caller.post('/v1/extensions', body));
    await world().caller.delete(`/v1/extensions/${first.id}`);
    const gone = await world().caller.get('/v1/extensions/extension/2001', { customer_id: customerId });
    expect(gone.status_code).toBe(404);
    expect(errorOf(gone).reason).toBe('EXTENSION_NOT_FOUND');
    const second = extensionOf(await world().caller.post('/v1/extensions', body));
    const found = await world().caller.get('/v1/extensions/extension/2001', { customer_id: customerId });
    expect(extensionOf(found).id).toBe(second.id);
    const stranger = await world().caller.get('/v1/extensions/extension/2001', { customer_id: freshId() });
    expect(stranger.status_code).toBe(404);
  });

  it('counts the living ones of the customer', async () => {
    const customerId = freshId();
    const count = async (): Promise<number> =>
      countOf(await world().caller.get('/v1/extensions/count_by_customer', { customer_id: customerId }));
    expect(await count()).toBe(0);
    const one = extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId, { extension: '2002' })));
    expect(await count()).toBe(2);
    await world().caller.delete(`/v1/extensions/${one.id}`);
    expect(await count()).toBe(1);
  });

  describe('a row with the old sentinel date', () => {
    it('is alive in every way of reading, and shows no times that never were', async () => {
      const customerId = freshId();
      const id = await insertLegacyRow(world(), customerId, '3001');
      const expected = {
        id,
        detail: '',
        direct_id: ZERO_UUID,
        direct_hash: '',
        tm_create: '2025-05-05T05:05:05.5Z',
        tm_update: null,
        tm_delete: null,
      };
      expect(extensionOf(await world().caller.get(`/v1/extensions/${id}`))).toMatchObject(expected);
      const byNumber = await world().caller.get('/v1/extensions/extension/3001', { customer_id: customerId });
      expect(extensionOf(byNumber)).toMatchObject(expected);
      const alive = { customer_id: customerId, deleted: false };
      expect(extensionsOf(await world().caller.get('/v1/extensions?page_size=5', alive))).toMatchObject([expected]);
      const dead = { customer_id: customerId, deleted: true };
      expect(extensionsOf(await world().caller.get('/v1/extensions?page_size=5', dead))).toEqual([]);
      expect(countOf(await world().caller.get('/v1/extensions/count_by_customer', alive))).toBe(1);
    });

    it('keeps its number taken, and can be deleted', async () => {
      const customerId = freshId();
      const id = await insertLegacyRow(world(), customerId, '3002');
      const body = createExtension(customerId, { extension: '3002' });
      expect((await world().caller.post('/v1/extensions', body)).status_code).toBe(409);
      expect(extensionOf(await world().caller.delete(`/v1/extensions/${id}`)).tm_delete).toMatch(/^20/);
      extensionOf(await world().caller.post('/v1/extensions', body));
    });
  });
});

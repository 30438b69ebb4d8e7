import { createExtension } from '../factories/extension.factory';
import { uuidToBinary, ZERO_UUID } from '../support/database';
import { errorOf, extensionOf, type ExtensionData } from '../support/envelope';
import { extensionRows } from '../support/rows';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

const NOT_FOUND = {
  status: 'NOT_FOUND',
  reason: 'EXTENSION_NOT_FOUND',
  domain: 'registrar-manager',
  message: 'The extension was not found.',
};

describe('an extension that is there', () => {
  const world = withWorld();
  const create = async (customerId = freshId()): Promise<ExtensionData> =>
    extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));

  describe('PUT', () => {
    it('replaces name, detail and password everywhere and announces it', async () => {
      const before = await create();
      const change = { name: 'new', detail: '', password: 'n3w' };
      const after = extensionOf(await world().caller.put(`/v1/extensions/${before.id}`, change));
      expect(after).toEqual({ ...before, ...change, tm_update: expect.any(String) as string });
      expect(Date.parse(after.tm_update ?? '')).toBeGreaterThanOrEqual(Date.parse(before.tm_create ?? ''));

      const rows = await extensionRows(world(), before.id, before.endpoint_id);
      expect(rows.record).toMatchObject(change);
      expect(rows.auth).toMatchObject({ password: 'n3w', username: '2001', realm: before.realm });
      expect(rows.sipAuth).toMatchObject({ password: 'n3w', auth_types: ['basic'], allowed_ips: [] });
      expect(rows.sipAuth?.['tm_update']).not.toBeNull();
      const [event] = await world().events.untilSeen(before.customer_id, 'extension_updated');
      expect(event?.data).toEqual(after);
    });

    it.each([
      ['missing', {}],
      ['empty', { password: '' }],
      ['null', { password: null }],
    ])('keeps the password when it is %s', async (_what, password) => {
      const before = await create();
      const after = extensionOf(await world().caller.put(`/v1/extensions/${before.id}`, { name: 'n', ...password }));
      expect(after).toMatchObject({ name: 'n', detail: '', password: 's3cr3t-Pa55' });
      const rows = await extensionRows(world(), before.id, before.endpoint_id);
      for (const row of [rows.record, rows.auth, rows.sipAuth]) expect(row?.['password']).toBe('s3cr3t-Pa55');
    });

    it('refuses what does not fit, and changes nothing', async () => {
      const before = await create();
      for (const change of [{ name: 'n'.repeat(256) }, { password: 'x'.repeat(81) }, { password: 'a\u0001' }]) {
        const reply = await world().caller.put(`/v1/extensions/${before.id}`, { name: 'n', password: 'p', ...change });
        expect(reply.status_code).toBe(400);
        expect(errorOf(reply).status).toBe('INVALID_ARGUMENT');
      }
      expect(extensionOf(await world().caller.get(`/v1/extensions/${before.id}`))).toEqual(before);
      const rows = await extensionRows(world(), before.id, before.endpoint_id);
      expect(rows.auth?.['password']).toBe('s3cr3t-Pa55');
    });

    it('makes a lost sip_auth row again', async () => {
      const before = await create();
      await world().bin.run('DELETE FROM registrar_sip_auths WHERE id = ?', [uuidToBinary(before.id)]);
      extensionOf(await world().caller.put(`/v1/extensions/${before.id}`, { name: 'n', password: 'p2' }));
      const rows = await extensionRows(world(), before.id, before.endpoint_id);
      expect(rows.sipAuth).toMatchObject({ username: '2001', password: 'p2', reference_type: 'extension' });
    });
  });

  describe('DELETE', () => {
    it('takes the login away, keeps the record as a tombstone, gives the direct back and announces it', async () => {
      const before = await create();
      const gone = extensionOf(await world().caller.delete(`/v1/extensions/${before.id}`));
      expect(gone).toEqual({ ...before, tm_update: gone.tm_delete, tm_delete: expect.any(String) as string });

      const rows = await extensionRows(world(), before.id, before.endpoint_id);
      expect(rows.record?.['tm_delete']).toEqual(rows.record?.['tm_update']);
      expect(rows.record?.['tm_delete']).not.toBeNull();
      expect([rows.sipAuth, rows.aor, rows.auth, rows.endpoint]).toEqual([undefined, undefined, undefined, undefined]);
      expect(world().direct.directsOf(before.customer_id)).toEqual([]);
      const [event] = await world().events.untilSeen(before.customer_id, 'extension_deleted');
      expect(event?.data).toEqual(gone);
      expect(extensionOf(await world().caller.get(`/v1/extensions/${before.id}`))).toEqual(gone);
    });

    it('a second time answers with the row and announces nothing', async () => {
      const before = await create();
      const first = extensionOf(await world().caller.delete(`/v1/extensions/${before.id}`));
      const second = extensionOf(await world().caller.delete(`/v1/extensions/${before.id}`));
      expect(second).toEqual(first);
      const later = await create(before.customer_id);
      await world().events.untilSeen(before.customer_id, 'extension_created', 2);
      expect(later.customer_id).toBe(before.customer_id);
      expect(world().events.of(before.customer_id, 'extension_deleted')).toHaveLength(1);
    });

    it('succeeds when direct-manager cannot delete its part', async () => {
      const before = await create();
      world().direct.behaveFor(before.customer_id, () => ({ status_code: 400, data_type: '' }));
      expect(extensionOf(await world().caller.delete(`/v1/extensions/${before.id}`)).tm_delete).not.toBeNull();
    });
  });

  describe('direct-hash-regenerate', () => {
    it('stores the new hash and announces the change', async () => {
      const before = await create();
      const after = extensionOf(await world().caller.post(`/v1/extensions/${before.id}/direct-hash-regenerate`));
      expect(after).toEqual({
        ...before,
        direct_hash: world().direct.directsOf(before.customer_id)[0]?.hash,
        tm_update: expect.any(String) as string,
      });
      expect(after.direct_hash).not.toBe(before.direct_hash);
      expect(world().direct.requestsOf(before.customer_id).at(-1)).toMatchObject({
        uri: `/v1/directs/${before.direct_id}/regenerate`,
        method: 'POST',
        publisher: 'registrar-manager',
        data_type: '',
      });
      const [event] = await world().events.untilSeen(before.customer_id, 'extension_updated');
      expect(event?.data).toEqual(after);
    });

    it('makes a direct where there is none, or where it vanished', async () => {
      for (const vanish of ['never had', 'lost']) {
        const before = await create();
        if (vanish === 'lost') world().direct.directs.delete(before.direct_id);
        else {
          await world().bin.run("UPDATE registrar_extensions SET direct_id = ?, direct_hash = '' WHERE id = ?", [
            uuidToBinary(ZERO_UUID),
            uuidToBinary(before.id),
          ]);
          await world().redis.del(`registrar:extension:${before.id}`);
        }
        const after = extensionOf(await world().caller.post(`/v1/extensions/${before.id}/direct-hash-regenerate`));
        expect(after.direct_id).not.toBe(before.direct_id);
        expect(after.direct_hash).toBe(world().direct.directs.get(after.direct_id)?.hash);
      }
    });
  });

  it.each(['PUT', 'POST', 'GET', 'DELETE'])('%s of an unknown one is a typed 404', async (method) => {
    const uri = `/v1/extensions/${freshId()}${method === 'POST' ? '/direct-hash-regenerate' : ''}`;
    const data = method === 'PUT' ? { data: { name: 'n', detail: '', password: 'p' } } : {};
    const reply = await world().caller.call({ method, uri, ...data });
    expect(reply.status_code).toBe(404);
    expect(errorOf(reply)).toEqual(NOT_FOUND);
  });

  it('PUT and regenerate of a deleted one are a typed 404', async () => {
    const { id } = await create();
    await world().caller.delete(`/v1/extensions/${id}`);
    const put = await world().caller.put(`/v1/extensions/${id}`, { name: 'n', detail: 'd', password: 'p' });
    const regenerate = await world().caller.post(`/v1/extensions/${id}/direct-hash-regenerate`);
    for (const reply of [put, regenerate]) {
      expect(reply.status_code).toBe(404);
      expect(errorOf(reply)).toEqual(NOT_FOUND);
    }
  });
});

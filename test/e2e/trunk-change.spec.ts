import { createIpTrunk, createTrunk, type CreateTrunk } from '../factories/trunk.factory';
import { ZERO_UUID } from '../support/database';
import { countOf, errorOf, trunkOf, trunksOf, type TrunkData } from '../support/envelope';
import { trunkRows } from '../support/rows';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

const NOT_FOUND = {
  status: 'NOT_FOUND',
  reason: 'TRUNK_NOT_FOUND',
  domain: 'registrar-manager',
  message: 'The trunk was not found.',
};

describe('a trunk that is there', () => {
  const world = withWorld();
  const create = async (changes: Partial<CreateTrunk> = {}): Promise<TrunkData> =>
    trunkOf(await world().caller.post('/v1/trunks', createTrunk(freshId(), changes)));

  it('is read by id, by domain name and in lists', async () => {
    const trunk = await create();
    expect(trunkOf(await world().caller.get(`/v1/trunks/${trunk.id}`))).toEqual(trunk);
    expect(trunkOf(await world().caller.get(`/v1/trunks/domain_name/${trunk.domain_name}`))).toEqual(trunk);
    const filters = { customer_id: trunk.customer_id, deleted: false };
    expect(trunksOf(await world().caller.get('/v1/trunks?page_token=&page_size=10', filters))).toEqual([trunk]);
    expect(countOf(await world().caller.get('/v1/trunks/count_by_customer', filters))).toBe(1);
  });

  it('PUT replaces what is given and empties what is missing, but not the domain', async () => {
    const before = await create({ auth_types: ['basic', 'ip'], allowed_ips: ['192.0.2.1'] });
    const change = { auth_types: ['basic'], username: 'u2', password: 'p2', domain_name: 'other', realm: 'other' };
    const after = trunkOf(await world().caller.put(`/v1/trunks/${before.id}`, change));
    expect(after).toEqual({
      ...before,
      name: '',
      detail: '',
      auth_types: ['basic'],
      username: 'u2',
      password: 'p2',
      allowed_ips: [],
      tm_update: expect.any(String) as string,
    });
    const { record, sipAuth } = await trunkRows(world(), before.id);
    expect(record).toMatchObject({ name: '', detail: '', username: 'u2', password: 'p2' });
    expect(record?.['allowed_ips'] ?? []).toEqual([]);
    expect(sipAuth).toMatchObject({ auth_types: ['basic'], username: 'u2', password: 'p2', allowed_ips: [] });
    const [event] = await world().events.untilSeen(before.customer_id, 'trunk_updated');
    expect(event?.data).toEqual(after);
  });

  it('PUT keeps the password while basic remains, and only then', async () => {
    const before = await create();
    const kept = await world().caller.put(`/v1/trunks/${before.id}`, { auth_types: ['basic'], username: 'acme' });
    expect(trunkOf(kept).password).toBe('t0p-secret');
    expect((await trunkRows(world(), before.id)).sipAuth).toMatchObject({ username: 'acme', password: 't0p-secret' });

    const byAddress = { auth_types: ['ip'], allowed_ips: ['192.0.2.1'] };
    expect(trunkOf(await world().caller.put(`/v1/trunks/${before.id}`, byAddress)).password).toBe('');
    expect((await trunkRows(world(), before.id)).sipAuth).toMatchObject({ username: null, password: null });

    const nothingToKeep = await world().caller.put(`/v1/trunks/${before.id}`, { auth_types: ['basic'], username: 'a' });
    expect(nothingToKeep.status_code).toBe(400);
  });

  it('PUT without lists lets nobody in, stored as empty lists and never as JSON null', async () => {
    const before = await create();
    const after = trunkOf(await world().caller.put(`/v1/trunks/${before.id}`, { name: 'n' }));
    expect(after).toMatchObject({ auth_types: [], allowed_ips: [] });
    const { sipAuth } = await trunkRows(world(), before.id);
    expect(sipAuth).toMatchObject({ auth_types: [], allowed_ips: [], username: null, password: null });
    const raw = await world().bin.row(
      "SELECT count(*) AS n FROM registrar_trunks WHERE domain_name = ? AND CAST(auth_types AS CHAR) = 'null'",
      [before.domain_name],
    );
    expect(Number(raw?.['n'])).toBe(0);
  });

  it.each([
    { auth_types: ['magic'] },
    { auth_types: ['ip'], allowed_ips: ['0.0.0.0/0'] },
    { auth_types: ['ip'] },
    { auth_types: ['basic'], username: '', password: 'p' },
    { auth_types: [1] },
    { name: 4 },
    { name: 'n'.repeat(256) },
  ])('PUT refuses %j and changes nothing', async (change) => {
    const before = await create();
    expect((await world().caller.put(`/v1/trunks/${before.id}`, change)).status_code).toBe(400);
    expect(trunkOf(await world().caller.get(`/v1/trunks/${before.id}`))).toEqual(before);
  });

  it('DELETE takes the credentials away, once and for all', async () => {
    const before = await create();
    const gone = trunkOf(await world().caller.delete(`/v1/trunks/${before.id}`));
    expect(gone).toEqual({ ...before, tm_update: gone.tm_delete, tm_delete: expect.any(String) as string });
    expect((await trunkRows(world(), before.id)).sipAuth).toBeUndefined();
    const lookup = await world().caller.get(`/v1/trunks/domain_name/${before.domain_name}`);
    expect(lookup.status_code).toBe(404);
    expect(errorOf(lookup)).toEqual(NOT_FOUND);
    expect(trunkOf(await world().caller.get(`/v1/trunks/${before.id}`))).toEqual(gone);
    expect(trunkOf(await world().caller.delete(`/v1/trunks/${before.id}`))).toEqual(gone);
    const put = await world().caller.put(`/v1/trunks/${before.id}`, { name: 'n' });
    expect(put.status_code).toBe(404);
    const [event] = await world().events.untilSeen(before.customer_id, 'trunk_deleted');
    expect(event?.data).toEqual(gone);
    const next = createIpTrunk(before.customer_id);
    trunkOf(await world().caller.post('/v1/trunks', next));
    await world().events.untilSeen(before.customer_id, 'trunk_created', 2);
    expect(world().events.of(before.customer_id, 'trunk_deleted')).toHaveLength(1);
  });

  it.each(['GET', 'PUT', 'DELETE'])('%s: unknown is a typed 404, the zero uuid a 400', async (method) => {
    const data = method === 'PUT' ? { data: { name: 'n' } } : {};
    const unknown = await world().caller.call({ method, uri: `/v1/trunks/${freshId()}`, ...data });
    expect(unknown.status_code).toBe(404);
    expect(errorOf(unknown)).toEqual(NOT_FOUND);
    const zero = await world().caller.call({ method, uri: `/v1/trunks/${ZERO_UUID}`, ...data });
    expect(zero.status_code).toBe(400);
  });
});

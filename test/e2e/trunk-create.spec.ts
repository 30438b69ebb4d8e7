import { createIpTrunk, createTrunk } from '../factories/trunk.factory';
import { ZERO_UUID } from '../support/database';
import { errorOf, trunkOf } from '../support/envelope';
import { trunkRows, wireTime } from '../support/rows';
import { withWorld } from '../support/with-world';
import { freshDomain, freshId } from '../support/world';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('creating a trunk', () => {
  const world = withWorld();

  it('with credentials: reply, rows and event', async () => {
    const body = createTrunk(freshId(), { auth_types: ['basic', 'ip'], allowed_ips: ['198.51.100.0/24'] });
    const created = trunkOf(await world().caller.post('/v1/trunks', body));
    expect(created).toEqual({
      ...body,
      id: expect.stringMatching(UUID) as string,
      realm: `${body.domain_name}.trunk.example.org`,
      tm_create: expect.any(String) as string,
      tm_update: null,
      tm_delete: null,
    });
    const { record, sipAuth } = await trunkRows(world(), created.id);
    expect(record).toMatchObject({ ...body, realm: created.realm, tm_update: null, tm_delete: null });
    expect(wireTime(record?.['tm_create'])).toBe(created.tm_create);
    expect(sipAuth).toEqual({
      id: created.id,
      reference_type: 'trunk',
      auth_types: ['basic', 'ip'],
      realm: created.realm,
      username: 'acme',
      password: 't0p-secret',
      allowed_ips: ['198.51.100.0/24'],
      tm_create: expect.any(String) as string,
      tm_update: null,
    });
    const [event] = await world().events.untilSeen(body.customer_id, 'trunk_created');
    expect(event).toMatchObject({ data: created, publisher: 'registrar-manager', dataType: 'application/json' });
    expect(event?.properties.deliveryMode).toBe(2);
    expect(world().billing.requestsOf(body.customer_id)).toMatchObject([
      { data: { customer_id: body.customer_id, resource_type: 'trunk' } },
    ]);
    expect(world().direct.requestsOf(body.customer_id)).toEqual([]);
    expect(await world().asterisk.count('ps_endpoints', 'id LIKE ?', [`%${body.domain_name}%`])).toBe(0);
  });

  it('by address only: Kamailio gets no user name and no password to match', async () => {
    const body = createIpTrunk(freshId(), { allowed_ips: ['203.0.113.7', '2001:db8::1'] });
    const created = trunkOf(await world().caller.post('/v1/trunks', body));
    expect(created).toMatchObject({ username: '', password: '', auth_types: ['ip'], detail: '' });
    const { sipAuth } = await trunkRows(world(), created.id);
    expect(sipAuth).toMatchObject({
      username: null,
      password: null,
      auth_types: ['ip'],
      allowed_ips: body.allowed_ips,
    });
  });

  it('by address only, with credentials given: the record keeps them, Kamailio does not see them', async () => {
    const body = createIpTrunk(freshId(), { username: 'acme', password: 'p' });
    const created = trunkOf(await world().caller.post('/v1/trunks', body));
    const { record, sipAuth } = await trunkRows(world(), created.id);
    expect(record).toMatchObject({ username: 'acme', password: 'p' });
    expect(sipAuth).toMatchObject({ username: null, password: null });
  });

  it.each([
    ['missing', {}],
    ['null', { auth_types: null, allowed_ips: null }],
    ['empty', { auth_types: [], allowed_ips: [] }],
  ])('without authentication (%s lists): nobody gets in', async (_what, lists) => {
    const body = { customer_id: freshId(), domain_name: freshDomain(), ...lists };
    const created = trunkOf(await world().caller.post('/v1/trunks', body));
    expect(created).toMatchObject({ auth_types: [], allowed_ips: [], name: '', detail: '' });
    const { sipAuth } = await trunkRows(world(), created.id);
    expect(sipAuth).toMatchObject({ auth_types: [], allowed_ips: [], username: null, password: null });
  });

  it.each(['', 'a', '1abc', 'a_b', 'a'.repeat(32), 'a b', '-a', 'a/b', 'é1', 'a\n'])(
    'refuses the domain name %j',
    async (domain_name) => {
      const customerId = freshId();
      const reply = await world().caller.post('/v1/trunks', createTrunk(customerId, { domain_name }));
      expect(reply.status_code).toBe(400);
      expect(errorOf(reply).status).toBe('INVALID_ARGUMENT');
      const count = await world().caller.get('/v1/trunks/count_by_customer', { customer_id: customerId });
      expect(count.data).toEqual({ count: 0 });
    },
  );

  it.each([
    ['an unknown auth type', { auth_types: ['magic'] }],
    ['an auth type twice', { auth_types: ['basic', 'basic'] }],
    ['a null auth type', { auth_types: [null] }],
    ['basic without a password', { password: '' }],
    ['basic without a user name', { username: '' }],
    ['ip without addresses', { auth_types: ['ip'], allowed_ips: [] }],
    ['a user name of 65 characters', { username: 'u'.repeat(65) }],
    ['a user name with a space', { username: 'a b' }],
    ['91 addresses', { auth_types: ['ip'], allowed_ips: Array.from({ length: 91 }, (_, i) => `10.0.0.${i + 1}`) }],
    ['a name of 256 characters', { name: 'n'.repeat(256) }],
    ['the zero customer', { customer_id: ZERO_UUID }],
    ...[
      'x',
      '203.0.113.7/',
      '203.0.113.7/abc',
      '0.0.0.0/0',
      '::/0',
      '10.0.0.1/8',
      '10.0.0.256',
      '10.0.0.1/33',
      '010.0.0.1',
      '10.1',
      '',
      ' 10.0.0.1',
      '10.0.0.1:5060',
      '2001:db8::1/x',
      'fe80::1%eth0',
    ].map((ip): [string, object] => [`the address ${JSON.stringify(ip)}`, { auth_types: ['ip'], allowed_ips: [ip] }]),
  ])('refuses %s, and nothing is left', async (_what, changes) => {
    const body = { ...createTrunk(freshId()), ...changes };
    const reply = await world().caller.post('/v1/trunks', body);
    expect(reply.status_code).toBe(400);
    expect(errorOf(reply)).toMatchObject({ status: 'INVALID_ARGUMENT', domain: 'registrar-manager' });
    const lookup = await world().caller.get(`/v1/trunks/domain_name/${body.domain_name}`);
    expect(lookup.status_code).toBe(404);
    expect(await world().bin.count('registrar_sip_auths', 'realm LIKE ?', [`${body.domain_name}.%`])).toBe(0);
  });

  it('stores addresses in canonical form', async () => {
    const body = createIpTrunk(freshId(), { allowed_ips: ['2001:0DB8:0:0::1', '10.0.0.0/8', '2001:DB8::/32'] });
    const created = trunkOf(await world().caller.post('/v1/trunks', body));
    expect(created.allowed_ips).toEqual(['2001:db8::1', '10.0.0.0/8', '2001:db8::/32']);
  });

  it('a living domain name is taken for every customer, in any case; a deleted one is free', async () => {
    const first = trunkOf(await world().caller.post('/v1/trunks', createTrunk(freshId())));
    for (const domain_name of [first.domain_name, first.domain_name.toUpperCase()]) {
      const reply = await world().caller.post('/v1/trunks', createTrunk(freshId(), { domain_name }));
      expect(reply.status_code).toBe(409);
      expect(errorOf(reply)).toMatchObject({ status: 'ALREADY_EXISTS', reason: 'TRUNK_ALREADY_EXISTS' });
    }
    trunkOf(await world().caller.delete(`/v1/trunks/${first.id}`));
    trunkOf(await world().caller.post('/v1/trunks', createTrunk(freshId(), { domain_name: first.domain_name })));
  });
});

import { createExtension } from '../factories/extension.factory';
import { extensionOf } from '../support/envelope';
import { extensionRows, onlyColumns, wireTime } from '../support/rows';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const WIRE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?Z$/;
const DATABASE_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/;

describe('creating an extension', () => {
  const world = withWorld();

  it('answers with the whole record', async () => {
    const customerId = freshId();
    const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    const address = `2001@${customerId}.registrar.example.org`;
    const [direct] = world().direct.directsOf(customerId);

    expect(created).toEqual({
      id: expect.stringMatching(UUID) as string,
      customer_id: customerId,
      name: 'front desk',
      detail: 'lobby phone',
      endpoint_id: address,
      aor_id: address,
      auth_id: address,
      extension: '2001',
      domain_name: customerId,
      realm: `${customerId}.registrar.example.org`,
      username: '2001',
      password: 's3cr3t-Pa55',
      direct_id: direct?.id,
      direct_hash: direct?.hash,
      tm_create: expect.stringMatching(WIRE_TIME) as string,
      tm_update: null,
      tm_delete: null,
    });
  });

  it('writes exactly the rows that Asterisk and Kamailio read', async () => {
    const customerId = freshId();
    const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    const rows = await extensionRows(world(), created.id, created.endpoint_id);

    expect(rows.record).toMatchObject({
      id: created.id,
      customer_id: customerId,
      name: 'front desk',
      detail: 'lobby phone',
      endpoint_id: created.endpoint_id,
      aor_id: created.endpoint_id,
      auth_id: created.endpoint_id,
      extension: '2001',
      domain_name: customerId,
      realm: created.realm,
      username: '2001',
      password: 's3cr3t-Pa55',
      tm_create: expect.stringMatching(DATABASE_TIME) as string,
      tm_update: null,
      tm_delete: null,
      direct_id: created.direct_id,
      direct_hash: created.direct_hash,
    });
    expect(wireTime(rows.record?.['tm_create'])).toBe(created.tm_create);
    expect(rows.sipAuth).toEqual({
      id: created.id,
      reference_type: 'extension',
      auth_types: ['basic'],
      realm: created.realm,
      username: '2001',
      password: 's3cr3t-Pa55',
      allowed_ips: [],
      tm_create: expect.stringMatching(DATABASE_TIME) as string,
      tm_update: null,
    });
    expect(onlyColumns(rows.aor)).toEqual({ id: created.endpoint_id, max_contacts: 3, remove_existing: 'yes' });
    expect(onlyColumns(rows.auth)).toEqual({
      id: created.endpoint_id,
      auth_type: 'userpass',
      username: '2001',
      password: 's3cr3t-Pa55',
      realm: created.realm,
    });
    expect(onlyColumns(rows.endpoint)).toEqual({
      id: created.endpoint_id,
      aors: created.endpoint_id,
      auth: created.endpoint_id,
    });
  });

  it('announces it once, with the very data of the reply, persistent', async () => {
    const customerId = freshId();
    const reply = await world().caller.post('/v1/extensions', createExtension(customerId));
    const [event, ...others] = await world().events.untilSeen(customerId, 'extension_created');

    expect(others).toEqual([]);
    const data = reply.text.slice(reply.text.indexOf('"data":') + '"data":'.length, -1);
    expect(event?.text).toBe(
      `{"type":"extension_created","publisher":"registrar-manager","data_type":"application/json","data":${data}}`,
    );
    expect(event?.properties.contentType).toBe('text/plain');
    expect(event?.properties.deliveryMode).toBe(2);
    expect(event?.properties.correlationId).toBeUndefined();
    expect(event?.routingKey).toBe('');
  });

  it('asks billing-manager and direct-manager exactly as the platform expects', async () => {
    const customerId = freshId();
    const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));

    expect(world().billing.requestsOf(customerId)).toMatchObject([
      {
        uri: '/v1/accounts/is_valid_resource_limit_by_customer_id',
        method: 'POST',
        publisher: 'registrar-manager',
        data_type: 'application/json',
        data: { customer_id: customerId, resource_type: 'extension' },
      },
    ]);
    expect(world().direct.requestsOf(customerId)).toMatchObject([
      {
        uri: '/v1/directs',
        method: 'POST',
        publisher: 'registrar-manager',
        data_type: 'application/json',
        data: { customer_id: customerId, resource_type: 'extension', resource_id: created.id },
      },
    ]);
  });

  it('refuses a second living one of the same number, whatever its case, and leaves the first as it was', async () => {
    const customerId = freshId();
    const body = createExtension(customerId, { extension: 'alice' });
    const first = extensionOf(await world().caller.post('/v1/extensions', body));
    for (const extension of ['alice', 'ALICE', 'Alice']) {
      const refusal = await world().caller.post('/v1/extensions', { ...body, extension, password: 'other' });
      expect(refusal).toMatchObject({
        status_code: 409,
        data_type: 'voipbin_error',
        data: { status: 'ALREADY_EXISTS', reason: 'EXTENSION_ALREADY_EXISTS', domain: 'registrar-manager' },
      });
    }
    expect(extensionOf(await world().caller.get(`/v1/extensions/${first.id}`))).toEqual(first);
    const rows = await extensionRows(world(), first.id, first.endpoint_id);
    expect(rows.auth?.['password']).toBe('s3cr3t-Pa55');
    expect(world().direct.directsOf(customerId)).toHaveLength(1);
  });

  it('gives the same number to another customer, and again after a delete', async () => {
    const [one, other] = [freshId(), freshId()];
    const first = extensionOf(await world().caller.post('/v1/extensions', createExtension(one)));
    extensionOf(await world().caller.post('/v1/extensions', createExtension(other)));
    extensionOf(await world().caller.delete(`/v1/extensions/${first.id}`));
    const again = extensionOf(await world().caller.post('/v1/extensions', createExtension(one)));
    expect(again.id).not.toBe(first.id);
    expect(again.direct_hash).not.toBe(first.direct_hash);
  });
});

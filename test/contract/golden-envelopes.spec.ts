import { registeredContact } from '../factories/contact.factory';
import { ZERO_UUID } from '../support/database';
import { BillingManager } from '../support/peers';
import { withWorld } from '../support/with-world';
import { freshDomain, freshId } from '../support/world';

const TIME = /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{0,5}[1-9])?Z)"/g;

/** Replies byte for byte, as contract §2.3 and §2.4 print them. */
describe('golden envelopes', () => {
  const world = withWorld();
  const customerId = freshId();
  const domain = freshDomain();
  let extensionId = '';
  let trunkId = '';

  /** The bytes of the reply, with a word for what differs in each run. */
  const ask = async (method: string, uri: string, data?: unknown): Promise<string> => {
    const { text } = await world().caller.call({ method, uri, data });
    const [direct] = world().direct.directsOf(customerId);
    return text
      .replaceAll(customerId, '<customer>')
      .replaceAll(extensionId || '-', '<extension>')
      .replaceAll(trunkId || '-', '<trunk>')
      .replaceAll(domain, '<domain>')
      .replaceAll(direct?.id ?? '-', '<direct>')
      .replaceAll(direct?.hash ?? '-', '<hash>')
      .replace(TIME, '"<time>"');
  };
  const address = '2001@<customer>.registrar.example.org';
  const extension = (tail: string): string =>
    `{"id":"<extension>","customer_id":"<customer>","name":"front desk","detail":"lobby phone",` +
    `"endpoint_id":"${address}","aor_id":"${address}","auth_id":"${address}","extension":"2001",` +
    `"domain_name":"<customer>","realm":"<customer>.registrar.example.org","username":"2001",` +
    `"password":"s3cr3t-Pa55","direct_id":"<direct>","direct_hash":"<hash>","tm_create":"<time>",${tail}}`;
  const trunk = (tail: string): string =>
    `{"id":"<trunk>","customer_id":"<customer>","name":"pbx","detail":"hq","domain_name":"<domain>",` +
    `"auth_types":["basic","ip"],"realm":"<domain>.trunk.example.org","username":"acme","password":"t0p-secret",` +
    `"allowed_ips":["203.0.113.7"],"tm_create":"<time>",${tail}}`;
  const ok = (data: string): string => `{"status_code":200,"data_type":"application/json","data":${data}}`;
  const notFound = (what: string): string =>
    `{"status_code":404,"data_type":"voipbin_error","data":{"status":"NOT_FOUND","reason":"${what.toUpperCase()}_NOT_FOUND",` +
    `"domain":"registrar-manager","message":"The ${what} was not found."}}`;
  const ALIVE = '"tm_update":null,"tm_delete":null';

  beforeAll(async () => {
    const made = await world().caller.post('/v1/extensions', {
      customer_id: customerId,
      extension: '2001',
      password: 's3cr3t-Pa55',
      domain_id: ZERO_UUID,
      name: 'front desk',
      detail: 'lobby phone',
    });
    extensionId = (made.data as { id: string }).id;
    const created = await world().caller.post('/v1/trunks', {
      customer_id: customerId,
      name: 'pbx',
      detail: 'hq',
      domain_name: domain,
      auth_types: ['basic', 'ip'],
      username: 'acme',
      password: 't0p-secret',
      allowed_ips: ['203.0.113.7'],
    });
    trunkId = (created.data as { id: string }).id;
  });

  it('of an extension', async () => {
    const filters = { customer_id: customerId, deleted: false };
    expect(await ask('GET', `/v1/extensions/${extensionId}`)).toBe(ok(extension(ALIVE)));
    expect(await ask('GET', '/v1/extensions/extension/2001', filters)).toBe(ok(extension(ALIVE)));
    expect(await ask('GET', '/v1/extensions?page_token=&page_size=9', filters)).toBe(ok(`[${extension(ALIVE)}]`));
    expect(await ask('GET', '/v1/extensions/count_by_customer', filters)).toBe(ok('{"count":1}'));
    expect(await ask('POST', `/v1/extensions/${extensionId}/direct-hash-regenerate`)).toBe(
      ok(extension('"tm_update":"<time>","tm_delete":null')),
    );
  });

  it('of a trunk', async () => {
    const filters = { customer_id: customerId, deleted: false };
    expect(await ask('GET', `/v1/trunks/${trunkId}`)).toBe(ok(trunk(ALIVE)));
    expect(await ask('GET', `/v1/trunks/domain_name/${domain}`)).toBe(ok(trunk(ALIVE)));
    expect(await ask('GET', '/v1/trunks?page_token=&page_size=9', filters)).toBe(ok(`[${trunk(ALIVE)}]`));
    expect(await ask('GET', '/v1/trunks/count_by_customer', filters)).toBe(ok('{"count":1}'));
  });

  it('of contacts', async () => {
    const contact = registeredContact(customerId, '2001', { expiration_time: 4_102_444_800 });
    await world().asterisk.insert('ps_contacts', contact);
    const body = { customer_id: customerId, extension: '2001' };
    expect(await ask('PUT', '/v1/contacts', body)).toBe('{"status_code":200,"data_type":""}');
    expect(await ask('GET', '/v1/contacts', body)).toBe(
      ok(
        `[{"id":"${address}^3B@5d41402abc4b2a76b9719d911017c592","uri":"sip:2001@203.0.113.9:5060^3Btransport=udp",` +
          `"expiration_time":4102444800,"qualify_frequency":0,"outbound_proxy":"","path":"","user_agent":"Softphone/1",` +
          `"qualify_timeout":3.1,"reg_server":"ast-1","authenticate_qualify":"no","via_addr":"203.0.113.9",` +
          `"via_port":5060,"call_id":"abc","endpoint":"${address}","prune_on_boot":"no"}]`,
      ),
    );
    expect(await ask('GET', '/v1/contacts', { customer_id: freshId(), extension: '1' })).toBe(ok('[]'));
  });

  it('of what is not there', async () => {
    const nobody = freshId();
    for (const [method, uri, data] of [
      ['GET', `/v1/extensions/${nobody}`, undefined],
      ['PUT', `/v1/extensions/${nobody}`, { name: 'n', detail: 'd', password: 'p' }],
      ['DELETE', `/v1/extensions/${nobody}`, undefined],
      ['POST', `/v1/extensions/${nobody}/direct-hash-regenerate`, undefined],
      ['GET', '/v1/extensions/extension/none', { customer_id: nobody }],
    ] as const) {
      expect(await ask(method, uri, data)).toBe(notFound('extension'));
    }
    for (const [method, uri, data] of [
      ['GET', `/v1/trunks/${nobody}`, undefined],
      ['PUT', `/v1/trunks/${nobody}`, { name: 'n' }],
      ['DELETE', `/v1/trunks/${nobody}`, undefined],
      ['GET', '/v1/trunks/domain_name/none', undefined],
    ] as const) {
      expect(await ask(method, uri, data)).toBe(notFound('trunk'));
    }
    expect(await ask('GET', '/v1/nowhere')).toBe('{"status_code":404,"data_type":""}');
  });

  it('of refusals: the four keys in order, details fifth and only when there are some', async () => {
    const body = { customer_id: customerId, extension: '2001', password: 'p', name: '', detail: '' };
    const shape = (code: number, status: string, reason: string): RegExp =>
      new RegExp(
        `^{"status_code":${code},"data_type":"voipbin_error","data":{"status":"${status}","reason":"${reason}",` +
          `"domain":"registrar-manager","message":"[^"]+"(,"details":\\[\\{.+\\}\\])?}}$`,
      );
    expect(await ask('POST', '/v1/extensions', body)).toMatch(shape(409, 'ALREADY_EXISTS', 'EXTENSION_ALREADY_EXISTS'));
    const same = { customer_id: customerId, domain_name: domain };
    expect(await ask('POST', '/v1/trunks', same)).toMatch(shape(409, 'ALREADY_EXISTS', 'TRUNK_ALREADY_EXISTS'));
    const wrong = { ...body, extension: 'a b' };
    expect(await ask('POST', '/v1/extensions', wrong)).toMatch(shape(400, 'INVALID_ARGUMENT', '[A-Z_]+'));
    const denied = freshId();
    world().billing.behaveFor(denied, BillingManager.denies);
    expect(await ask('POST', '/v1/extensions', { ...body, customer_id: denied })).toMatch(
      shape(429, 'RESOURCE_EXHAUSTED', 'RESOURCE_LIMIT_EXCEEDED'),
    );
  });

  it('of deletes, last of all', async () => {
    const gone = '"tm_update":"<time>","tm_delete":"<time>"';
    const { text } = await world().caller.delete(`/v1/trunks/${trunkId}`);
    expect(Object.keys((JSON.parse(text) as { data: object }).data)).toHaveLength(13);
    expect(await ask('GET', `/v1/trunks/${trunkId}`)).toBe(ok(trunk(gone)));
    expect(await ask('DELETE', `/v1/trunks/${trunkId}`)).toBe(ok(trunk(gone)));
  });
});

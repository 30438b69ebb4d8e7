import { createExtension } from '../factories/extension.factory';
import { freshDomain, freshId } from '../support/world';
import { ZERO_UUID } from '../support/database';
import { countOf, extensionOf, trunkOf, type Reply } from '../support/envelope';
import { withWorld } from '../support/with-world';

/** Request bodies are read as Go's encoding/json reads them. */
describe('the JSON of request bodies', () => {
  const world = withWorld();
  /** The body exactly as written here, which JSON.stringify could not always say. */
  const send = (method: string, uri: string, body?: string): Promise<Reply> => {
    const data = body === undefined ? '' : `,"data":${body}`;
    return world().caller.sendRaw(
      `{"uri":${JSON.stringify(uri)},"method":"${method}","publisher":"api-manager","data_type":"application/json"${data}}`,
    );
  };

  const needsBody = [
    ['POST', '/v1/extensions'],
    ['PUT', `/v1/extensions/${freshId()}`],
    ['POST', '/v1/trunks'],
    ['PUT', `/v1/trunks/${freshId()}`],
    ['GET', '/v1/extensions/count_by_customer'],
    ['GET', '/v1/trunks/count_by_customer'],
  ] as const;
  const readsBody = [
    ...needsBody,
    ['GET', '/v1/contacts'],
    ['PUT', '/v1/contacts'],
    ['GET', '/v1/extensions?page_size=1'],
    ['GET', '/v1/trunks?page_size=1'],
    ['GET', '/v1/extensions/extension/2001'],
  ] as const;
  const neverReadsBody = [
    ['GET', `/v1/extensions/${freshId()}`, 404],
    ['DELETE', `/v1/extensions/${freshId()}`, 404],
    ['POST', `/v1/extensions/${freshId()}/direct-hash-regenerate`, 404],
    ['GET', `/v1/trunks/${freshId()}`, 404],
    ['DELETE', `/v1/trunks/${freshId()}`, 404],
    ['GET', '/v1/trunks/domain_name/none-such', 404],
  ] as const;

  it.each(needsBody)('%s %s without a body is a 400', async (method, uri) => {
    expect((await send(method, uri)).status_code).toBe(400);
  });

  it.each([
    ['GET', '/v1/contacts', 200],
    ['PUT', '/v1/contacts', 200],
    ['GET', '/v1/extensions?page_size=1', 200],
    ['GET', '/v1/trunks?page_size=1', 200],
    ['GET', '/v1/extensions/extension/2001', 404],
  ] as const)('%s %s without a body is as with an empty one', async (method, uri, status) => {
    expect((await send(method, uri)).status_code).toBe(status);
  });

  it.each(readsBody)('%s %s with another kind of JSON is a 400', async (method, uri) => {
    for (const body of ['[]', '"x"', '1', 'true', '[1]']) {
      expect([body, (await send(method, uri, body)).status_code]).toEqual([body, 400]);
    }
  });

  it.each(neverReadsBody)('%s %s does not look at its body', async (method, uri, status) => {
    for (const body of ['[]', '"x"', '1', 'null', '{"customer_id":5}']) {
      expect((await send(method, uri, body)).status_code).toBe(status);
    }
  });

  it('null is an object of zeros', async () => {
    expect(countOf(await send('GET', '/v1/trunks/count_by_customer', 'null'))).toBe(0);
    expect((await send('GET', '/v1/contacts', 'null')).data).toEqual([]);
    expect((await send('GET', '/v1/extensions/extension/2001', 'null')).status_code).toBe(404);
    expect((await send('GET', '/v1/extensions?page_size=1', 'null')).status_code).toBe(200);
    expect((await send('POST', '/v1/extensions', 'null')).status_code).toBe(400);
  });

  it('keys match in any case, the last of duplicates counts, unknown ones do not', async () => {
    const customerId = freshId();
    const created = extensionOf(
      await send(
        'POST',
        '/v1/extensions',
        `{"CUSTOMER_ID":"${customerId}","Extension":"zz","extension":"k1","PassWord":"pw","pa\u017f\u017fword":"last",` +
          '"NAME":"first","name":"n","unknown":{"a":[1,{"b":null}]}}',
      ),
    );
    expect(created).toMatchObject({
      customer_id: customerId,
      extension: 'k1',
      password: 'last',
      name: 'n',
      detail: '',
    });
  });

  it.each(['extension', 'password', 'name', 'detail'])('%s must be a string; null is the empty one', async (field) => {
    for (const wrong of [1, true, {}, []]) {
      const reply = await world().caller.post('/v1/extensions', { ...createExtension(freshId()), [field]: wrong });
      expect(reply.status_code).toBe(400);
    }
    const reply = await world().caller.post('/v1/extensions', { ...createExtension(freshId()), [field]: null });
    expect(reply.status_code).toBe(field === 'name' || field === 'detail' ? 200 : 400);
  });

  it.each(['customer_id', 'domain_id'])('%s must be a uuid, used or not', async (field) => {
    for (const wrong of ['', 'bad', 1, {}, [], true, `${freshId()}0`, 'g0000000-0000-0000-0000-000000000000']) {
      const reply = await world().caller.post('/v1/extensions', { ...createExtension(freshId()), [field]: wrong });
      expect([wrong, reply.status_code]).toEqual([wrong, 400]);
    }
  });

  it.each([
    ['upper case', (id: string) => id.toUpperCase()],
    ['32 digits', (id: string) => id.replaceAll('-', '')],
    ['braces', (id: string) => `{${id}}`],
    ['a urn', (id: string) => `urn:uuid:${id}`],
  ])('a uuid in %s is understood and answered in lower case', async (_what, write) => {
    const id = freshId();
    const body = createExtension(write(id), { domain_id: write(ZERO_UUID) });
    expect(extensionOf(await world().caller.post('/v1/extensions', body)).customer_id).toBe(id);
    expect(countOf(await world().caller.get('/v1/extensions/count_by_customer', { customer_id: write(id) }))).toBe(1);
  });

  it.each(['auth_types', 'allowed_ips'])('%s must be a list of strings', async (field) => {
    for (const wrong of ['basic', 1, {}, true, [1], [{}], [['basic']]]) {
      const body = { customer_id: freshId(), domain_name: freshDomain(), [field]: wrong };
      expect([wrong, (await world().caller.post('/v1/trunks', body)).status_code]).toEqual([wrong, 400]);
    }
  });

  it('characters outside plain ASCII survive, broken ones become U+FFFD', async () => {
    const detail = 'a <b> & "é" 中文 \u2028 \u007f \\ / \t';
    const create = (name: string): string =>
      `{"customer_id":"${freshId()}","domain_name":"${freshDomain()}","name":${name},"detail":${JSON.stringify(detail)}}`;
    const created = trunkOf(await send('POST', '/v1/trunks', create('"x\\ud800y"')));
    expect(created).toMatchObject({ name: 'x\ufffdy', detail });
    expect(trunkOf(await world().caller.get(`/v1/trunks/${created.id}`)).detail).toBe(detail);
  });

  it('bytes that are not UTF-8 become U+FFFD', async () => {
    const [before, after] = requestAround(freshId());
    const reply = await world().caller.sendRaw(Buffer.concat([before, Buffer.from([0xff]), after]));
    expect(trunkOf(reply).name).toBe('x\ufffdy');
  });
});

function requestAround(customerId: string): [Buffer, Buffer] {
  const head = `{"uri":"/v1/trunks","method":"POST","data":{"customer_id":"${customerId}","domain_name":"${freshDomain()}"`;
  return [Buffer.from(`${head},"name":"x`), Buffer.from('y"}}')];
}

import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { extensionOf, trunkOf, type ExtensionData, type TrunkData } from '../support/envelope';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

const NO_ROUTE = '{"status_code":404,"data_type":""}';

describe('URIs', () => {
  const world = withWorld();
  const id = freshId();
  let extension: ExtensionData;
  let trunk: TrunkData;

  beforeAll(async () => {
    extension = extensionOf(
      await world().caller.post('/v1/extensions', createExtension(freshId(), { extension: 'alice' })),
    );
    trunk = trunkOf(await world().caller.post('/v1/trunks', createTrunk(freshId())));
  });

  it.each([
    ['GET', '/v1/extensions'],
    ['GET', '/v1/trunks'],
    ['POST', '/v1/extensions?x=1'],
    ['POST', '/v1/trunks?x'],
    ['POST', '/v1/extensions/'],
    ['GET', `/v1/extensions/${id}?x=1`],
    ['GET', `/v1/extensions/${id}/`],
    ['GET', `/v1/extensions/${id.toUpperCase().replace(/\d/, 'A')}`],
    ['GET', '/v1/extensions/abc'],
    ['GET', '/v1/extensions/'],
    ['GET', `/v1/extensions/${id}/direct-hash-regenerate`],
    ['POST', '/v1/extensions/count_by_customer'],
    ['GET', '/v1/extensions/count_by_customer?x'],
    ['PATCH', `/v1/extensions/${id}`],
    ['DELETE', '/v1/extensions'],
    ['DELETE', '/v1/contacts'],
    ['PUT', '/v1/trunks/domain_name/abc'],
    ['POST', '/v1/extensions/extension/alice'],
    ['GET', '/v1/domains'],
    ['GET', `/v1/extensions/endpoint/${id}`],
    ['GET', '/v2/extensions?'],
    ['get', '/v1/contacts'],
    ['GET', ''],
    ['', '/v1/contacts'],
    ['GET', '/'],
  ])('%s %s is no route: a 404 without a body', async (method, uri) => {
    expect((await world().caller.call({ method, uri, data: {} })).text).toBe(NO_ROUTE);
  });

  it.each(['/v1/contacts', '/v1/contacts?', '/v1/contacts?a=b', '/v1/contacts?a=b?c'])(
    'GET %s is the contacts',
    async (uri) => {
      expect((await world().caller.get(uri, { customer_id: freshId(), extension: '1' })).data).toEqual([]);
    },
  );

  it.each(['alice', 'alice?x', 'alice#y', 'alice/z', '%61lice', 'alice?a=b/c', 'alice%2Fx', 'alice%3Fx/..'])(
    'GET /v1/extensions/extension/%s is found, or at least answered',
    async (value) => {
      const uri = `/v1/extensions/extension/${value}`;
      const reply = await world().caller.get(uri, { customer_id: extension.customer_id });
      const decodesToAlice = !value.startsWith('alice%3F');
      expect(reply.status_code).toBe(decodesToAlice ? 200 : 404);
    },
  );

  it.each(['', '/x', '?a=b', '#f', '/a/b/c', '%2Fb'])(
    'GET /v1/trunks/domain_name/<domain>%s finds the domain before it',
    async (tail) => {
      const reply = await world().caller.get(`/v1/trunks/domain_name/${trunk.domain_name}${tail}`);
      expect(trunkOf(reply).id).toBe(trunk.id);
    },
  );

  it('what a caller dialled is taken as it is: spaces, UTF-8, plus signs, nothing at all', async () => {
    for (const dialled of [
      '',
      'no such',
      'é',
      'a+b',
      "o'brien; drop table",
      '中文',
      '😀',
      'a&b=c',
      '*',
      '..',
      '.',
      ':id',
      '%00',
    ]) {
      const byNumber = await world().caller.get(`/v1/extensions/extension/${dialled}`, { customer_id: freshId() });
      const byDomain = await world().caller.get(`/v1/trunks/domain_name/${dialled}`);
      for (const reply of [byNumber, byDomain]) expect([dialled, reply.status_code]).toEqual([dialled, 404]);
    }
  });

  it.each(['%', '%z', '%zz', 'a%2', 'a\u0000b', 'a\nb', 'a\u007fb', '\u0001'])(
    'a broken escape or control character %j is a 400',
    async (value) => {
      const byNumber = await world().caller.get(`/v1/extensions/extension/${value}`, { customer_id: freshId() });
      const byDomain = await world().caller.get(`/v1/trunks/domain_name/${value}`);
      for (const reply of [byNumber, byDomain]) expect(reply.status_code).toBe(400);
    },
  );

  it.each([
    'x?/v1/extensions/extension/a',
    '//v1/extensions/extension/a',
    `a:b/v1/trunks/${id}`,
    `x?/v1/extensions/${id}`,
    `//v1/extensions/${id}`,
    'x#/v1/trunks/domain_name/a',
    '//v1/trunks/domain_name/a',
    `http://[::1/v1/trunks/${id}`,
    `:/v1/trunks/${id}`,
    `/anything/v1/extensions/${id}`,
    `/anything/v1/trunks/${id}`,
    `x/v1/extensions/${id}/direct-hash-regenerate`,
    `/v1/extensions/extension/${'x'.repeat(20_000)}`,
    `/v1/trunks/domain_name/${'%41'.repeat(5_000)}`,
    `/v1/extensions/extension/${'../'.repeat(500)}`,
    '/v1/extensions/extension/{{7*7}}',
    '/v1/extensions/__proto__',
    '/v1/extensions/extension/__proto__',
    '/v1/trunks/domain_name/constructor',
  ])('the crafted %.60s is answered by 400 or 404, and the next request too', async (uri) => {
    for (const method of ['GET', 'PUT', 'DELETE', 'POST']) {
      const reply = await world().caller.call({ method, uri, data: { name: 'n' } });
      expect([400, 404]).toContain(reply.status_code);
    }
    expect(extensionOf(await world().caller.get(`/v1/extensions/${extension.id}`))).toEqual(extension);
    expect(world().service.running).toBe(true);
  });
});

import { createExtension } from '../factories/extension.factory';
import { storedLogin } from '../factories/stored-login.factory';
import { createTrunk } from '../factories/trunk.factory';
import { extensionOf, extensionsOf, trunkOf, type ExtensionData } from '../support/envelope';
import { withWorld } from '../support/with-world';
import { freshId, type World } from '../support/world';

async function insertExtensions(world: World, customerId: string, times: readonly string[]): Promise<string[]> {
  const logins = times.map((tm_create, index) =>
    storedLogin(customerId, String(4000 + index), { name: `number ${index}`, tm_create }),
  );
  await world.bin.insertAll(
    'registrar_extensions',
    logins.map(({ extension }) => extension),
  );
  return logins.map(({ id }) => id);
}

const token = (row: ExtensionData | undefined): string => {
  const [seconds, fraction = ''] = (row?.tm_create ?? '').replace('Z', '').split('.');
  return encodeURIComponent(`${seconds}.${fraction.padEnd(6, '0')}Z`);
};

describe('lists', () => {
  const world = withWorld();
  const list = async (query: string, filters?: unknown): Promise<ExtensionData[]> =>
    extensionsOf(await world().caller.get(`/v1/extensions?${query}`, filters));

  it('25 rows paged by ten as api-manager does: newest first, each once, even where times are equal', async () => {
    const customerId = freshId();
    const at = (index: number): string =>
      `2026-03-03 03:03:03.${String(100_000 + (index >= 12 && index <= 14 ? 12 : index)).padStart(6, '0')}`;
    const ids = await insertExtensions(
      world(),
      customerId,
      Array.from({ length: 25 }, (_, index) => at(index)),
    );
    const seen: ExtensionData[] = [];
    for (let pageToken = ''; ; pageToken = token(seen.at(-1))) {
      const page = await list(`page_token=${pageToken}&page_size=10`, { customer_id: customerId, deleted: false });
      seen.push(...page);
      if (page.length < 10) break;
    }
    expect(seen.map((row) => row.id).sort()).toEqual([...ids].sort());
    const order = seen.map((row) => [token(row), row.id] as const);
    const newestFirst = [...order].sort((a, b) => (`${b[0]} ${b[1]}` < `${a[0]} ${a[1]}` ? -1 : 1));
    expect(order).toEqual(newestFirst);
  });

  it.each([
    '',
    'page_size=',
    'page_size=0',
    'page_token=',
    'page_size=abc',
    'PAGE_SIZE=3',
    'page_size=5.0',
    'page_size=0x10',
  ])('the query %j gives an empty list', async (query) => {
    const { customer_id } = extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId())));
    expect((await world().caller.get(`/v1/extensions?${query}`, { customer_id })).text).toBe(
      '{"status_code":200,"data_type":"application/json","data":[]}',
    );
  });

  it.each([
    ['page_size=%31', 1],
    ['page_size=010', 3],
    ['page_size=%2B2', 2],
    ['page_size=2&page_size=1', 2],
    ['x;y=1&page_size=2', 2],
    ['%zz=1&page_size=2', 2],
  ])('the query %j limits to %i', async (query, expected) => {
    const customerId = freshId();
    await insertExtensions(world(), customerId, ['2026-01-01 00:00:01', '2026-01-01 00:00:02', '2026-01-01 00:00:03']);
    expect(await list(query, { customer_id: customerId })).toHaveLength(expected);
  });

  it('a negative size is refused or empty, never everything; a huge one is capped', async () => {
    const customerId = freshId();
    await insertExtensions(world(), customerId, ['2026-01-01 00:00:01']);
    const negative = await world().caller.get('/v1/extensions?page_size=-1', { customer_id: customerId });
    expect(negative.status_code === 400 || (negative.data as unknown[]).length === 0).toBe(true);
    expect(await list('page_size=99999999999999999999', { customer_id: customerId })).toHaveLength(1);
  });

  it.each([
    ['2026-01-01T00:00:02Z', 1],
    ['2026-01-01T00:00:02.000001Z', 2],
    ['2026-01-01T00:00:02.5', 2],
    ['2026-01-01 00:00:03.000000', 2],
    ['2026-01-01 00:00:03.000001', 3],
  ])('the token %s is compared to the microsecond', async (pageToken, expected) => {
    const customerId = freshId();
    await insertExtensions(world(), customerId, ['2026-01-01 00:00:01', '2026-01-01 00:00:02', '2026-01-01 00:00:03']);
    const query = `page_size=10&page_token=${encodeURIComponent(pageToken)}`;
    expect(await list(query, { customer_id: customerId })).toHaveLength(expected);
  });

  it.each(['garbage', '2026', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '2026-01-01T25:00:00Z'])(
    'the token %s is a 400',
    async (pageToken) => {
      for (const what of ['extensions', 'trunks']) {
        const reply = await world().caller.get(`/v1/${what}?page_size=5&page_token=${pageToken}`, {});
        expect(reply.status_code).toBe(400);
      }
    },
  );

  it.each([
    { customer_id: 0 },
    { customer_id: 'bad' },
    { customer_id: '' },
    { customer_id: null },
    { extension: 0 },
    { name: null },
    { name: [] },
    { name: true },
    { username: {} },
    { deleted: 'false' },
    { deleted: 0 },
    { deleted: null },
    [],
    'x',
    1,
  ])('the filters %j are a 400', async (filters) => {
    for (const what of ['extensions', 'trunks']) {
      if (what === 'trunks' && typeof filters === 'object' && 'extension' in filters) continue;
      expect((await world().caller.get(`/v1/${what}?page_size=5`, filters)).status_code).toBe(400);
    }
  });

  it('filters by each allowed key, ignores the others, and knows keys by their exact case', async () => {
    const customerId = freshId();
    const one = extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId, { name: 'one' })));
    const two = extensionOf(
      await world().caller.post('/v1/extensions', createExtension(customerId, { extension: '2002', name: 'two' })),
    );
    for (const key of ['id', 'name', 'endpoint_id', 'aor_id', 'auth_id', 'extension', 'username'] as const) {
      const found = await list('page_size=10', { customer_id: customerId, [key]: one[key] });
      expect(found.map((row) => row.id)).toEqual([one.id]);
    }
    for (const key of ['domain_name', 'realm'] as const) {
      expect(await list('page_size=10', { [key]: one[key] })).toHaveLength(2);
    }
    const ignored = { customer_id: customerId, password: 'x', foo: [1], Deleted: true, Name: 'none' };
    expect((await list('page_size=10', ignored)).map((row) => row.id)).toEqual([two.id, one.id]);
  });

  it('deleted: false, true and absent', async () => {
    const customerId = freshId();
    const trunk = trunkOf(await world().caller.post('/v1/trunks', createTrunk(customerId)));
    const other = trunkOf(await world().caller.post('/v1/trunks', createTrunk(customerId)));
    await world().caller.delete(`/v1/trunks/${trunk.id}`);
    const ids = async (filters: object): Promise<string[]> =>
      (
        (await world().caller.get('/v1/trunks?page_size=9', { customer_id: customerId, ...filters })).data as {
          id: string;
        }[]
      ).map((row) => row.id);
    expect(await ids({ deleted: false })).toEqual([other.id]);
    expect(await ids({ deleted: true })).toEqual([trunk.id]);
    expect(await ids({})).toEqual([other.id, trunk.id]);
  });
});

import { randomUUID } from 'node:crypto';
import { ExtensionRepository } from '../../src/extension/extension.repository';
import type { ExtensionRow } from '../../src/extension/extension.entity';
import { Transactions } from '../../src/platform/database/transactions';
import type { ListRequest } from '../../src/platform/wire/list-request';
import { Application } from '../support/application';
import { ZERO_UUID } from '../support/database';

const CUSTOMER = randomUUID();

function extension(n: number, tmCreate: string): ExtensionRow {
  const id = randomUUID();
  return {
    id,
    customerId: CUSTOMER,
    name: `name ${n % 3}`,
    detail: '',
    endpointId: `${n}@realm`,
    aorId: `${n}@realm`,
    authId: `${n}@realm`,
    extension: String(n),
    domainName: CUSTOMER,
    realm: 'realm',
    username: String(n),
    password: 'p',
    directId: '00000000-0000-0000-0000-000000000000',
    directHash: '',
    tmCreate,
    tmUpdate: null,
    tmDelete: null,
  };
}

describe('pages on a real database', () => {
  let app: Application;
  let extensions: ExtensionRepository;
  let newestFirst: ExtensionRow[];

  beforeAll(async () => {
    app = await Application.open();
    extensions = app.module.get(ExtensionRepository, { strict: false });
    // 25 rows: every microsecond is shared by one to seven of them.
    const sharing = [1, 7, 2, 5, 1, 6, 3];
    const rows = sharing.flatMap((many, moment) =>
      Array.from({ length: many }, (_, n) => extension(moment * 10 + n, `2026-08-22 10:11:12.00000${moment}`)),
    );
    await app.module.get(Transactions).bin(async (bin) => {
      for (const row of rows) await extensions.insert(bin, row);
    });
    const compare = (a: string, b: string): number => (a < b ? 1 : a > b ? -1 : 0);
    newestFirst = [...rows].sort((a, b) => compare(a.tmCreate ?? '', b.tmCreate ?? '') || compare(a.id, b.id));
  });
  afterAll(() => app.close());

  const request = (limit: number, before?: string, filters: [string, string | boolean][] = []): ListRequest => ({
    limit,
    before,
    filters: new Map([['customer_id', CUSTOMER], ...filters]),
  });

  it.each([1, 2, 3, 5, 7, 10, 24, 25, 26, 1_000])(
    'of %d lose and repeat nothing, though the token is a time alone',
    async (limit) => {
      const seen: string[] = [];
      let before: string | undefined;
      for (let page = 0; page < 30; page++) {
        const rows = await extensions.list(request(limit, before));
        if (rows.length === 0) break;
        expect(rows.length).toBeGreaterThanOrEqual(Math.min(limit, 25 - seen.length));
        seen.push(...rows.map(({ id }) => id));
        before = rows.at(-1)?.tmCreate ?? undefined;
      }
      expect(seen).toEqual(newestFirst.map(({ id }) => id));
    },
  );

  it('of nothing are empty', async () => {
    await expect(extensions.list(request(0))).resolves.toEqual([]);
    await expect(extensions.list(request(10, '2020-01-01 00:00:00.000000'))).resolves.toEqual([]);
  });

  it('hold what the filters ask for, compared as the columns are', async () => {
    const named = await extensions.list(request(100, undefined, [['name', 'NAME 1']]));
    expect(named.map(({ id }) => id)).toEqual(newestFirst.filter(({ name }) => name === 'name 1').map(({ id }) => id));
    await expect(extensions.list(request(100, undefined, [['extension', "1' OR '1'='1"]]))).resolves.toEqual([]);
    await expect(extensions.list(request(100, undefined, [['deleted', true]]))).resolves.toEqual([]);
    await expect(extensions.list(request(100, undefined, [['deleted', false]]))).resolves.toHaveLength(25);
  });

  it('take a row of the original with its sentinel for living, and a tombstone for deleted', async () => {
    const [sentinel, tombstone] = newestFirst;
    await app.bin.run("UPDATE registrar_extensions SET tm_delete = '9999-01-01 00:00:00' WHERE extension = ?", [
      sentinel?.extension ?? '',
    ]);
    await app.bin.run("UPDATE registrar_extensions SET tm_delete = '2026-08-23 00:00:00' WHERE extension = ?", [
      tombstone?.extension ?? '',
    ]);
    const living = await extensions.list(request(100, undefined, [['deleted', false]]));
    expect(living.map(({ id }) => id)).toContain(sentinel?.id);
    expect(living).toHaveLength(24);
    const deleted = await extensions.list(request(100, undefined, [['deleted', true]]));
    expect(deleted.map(({ id }) => id)).toEqual([tombstone?.id]);
    await expect(extensions.count(CUSTOMER)).resolves.toBe(24);
  });

  it.each([1, 2, 5, 24, 100])(
    'of %d ids of living records hold both forms of "not deleted", in id order',
    async (limit) => {
      const forms = await app.bin.rows(
        `SELECT SUM(tm_delete IS NULL) AS plain, SUM(tm_delete > '9000-01-01') AS sentinel FROM registrar_extensions`,
      );
      expect(forms).toEqual([{ plain: '23', sentinel: '1' }]);
      const seen: string[] = [];
      for (let page = 0; page < 30; page++) {
        const ids = await extensions.listAliveIds(CUSTOMER, seen.at(-1) ?? ZERO_UUID, limit);
        expect(ids).toHaveLength(Math.min(limit, 24 - seen.length));
        if (ids.length === 0) break;
        seen.push(...ids);
      }
      const [, tombstone] = newestFirst;
      const living = newestFirst.filter((row) => row !== tombstone).map(({ id }) => id);
      expect(seen).toEqual(living.sort());
      await expect(extensions.listAliveIds(randomUUID(), ZERO_UUID, limit)).resolves.toEqual([]);
    },
  );
});

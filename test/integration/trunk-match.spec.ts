import { TrunkMatch, type MatchReport } from '../../src/reconcile/trunk.match';
import { Application } from '../support/application';
import { uuidToBinary, type Parameter } from '../support/database';
import { BASE_DOMAIN_EXTENSION, BASE_DOMAIN_TRUNK } from '../support/world';

const EXTENSIONS = 12_000;
const ROWS_AT_ONCE = 2_000;
const idOf = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/** The command reads 5,000 rows at a time, and names 1,000. */
describe('trunk match on large tables', () => {
  let app: Application;
  const match = (): TrunkMatch => app.module.get(TrunkMatch, { strict: false });

  const trunk = (id: string, name: string, entry: string): Record<string, Parameter> => ({
    id: uuidToBinary(id),
    reference_type: 'trunk',
    auth_types: '["ip"]',
    realm: `${name}.${BASE_DOMAIN_TRUNK}`,
    username: null,
    password: null,
    allowed_ips: JSON.stringify([entry]),
  });
  const extension = (n: number): Record<string, Parameter> => ({
    ...trunk(idOf(2 * n), '', ''),
    reference_type: 'extension',
    auth_types: '["basic"]',
    realm: `one.${BASE_DOMAIN_EXTENSION}`,
    username: `${n}`,
    password: 'p',
    allowed_ips: '[]',
  });

  beforeAll(async () => {
    app = await Application.open();
    for (let from = 1; from <= EXTENSIONS; from += ROWS_AT_ONCE)
      await app.bin.insertAll(
        'registrar_sip_auths',
        Array.from({ length: ROWS_AT_ONCE }, (_, n) => extension(from + n)),
      );
  }, 120_000);
  afterAll(() => app.close());

  it('finds the trunks at the ends of what it reads at a time', async () => {
    const odd = [1, 9_999, 10_001, 19_997, 2 * EXTENSIONS + 1].map(idOf);
    const ids = ['00000000-0000-0000-0000-000000000000', ...odd, 'ffffffff-ffff-ffff-ffff-ffffffffffff'];
    await app.bin.insertAll(
      'registrar_sip_auths',
      ids.map((id, n) => trunk(id, `t${n}`, '203.0.113.0/24')),
    );
    const report = await match().find({ source: '203.0.113.9' });
    expect(report.matches.map(({ id }) => id)).toEqual(ids);
    expect(report).toMatchObject({ isWhole: true, realm: null, refusal: undefined });
  });

  it('says when it does not name all', async () => {
    await app.bin.insertAll(
      'registrar_sip_auths',
      Array.from({ length: 1_001 }, (_, n) => trunk(idOf(0x100000 + n), `m${n}`, '198.51.100.7')),
    );
    const report = await match().find({ source: '198.51.100.7' });
    expect(report.matches).toHaveLength(1_000);
    expect(report.isWhole).toBe(false);
  });

  it('reads as many entries of a realm as Kamailio, and says when the address is behind them', async () => {
    const find = async (before: number): Promise<MatchReport> => {
      const id = idOf(0x200000 + before);
      const domain = `long${before}`;
      const row = trunk(id, domain, '');
      const entries = [...Array.from({ length: before }, (_, n) => `203.0.${n >> 8}.${n & 255}`), '192.0.2.1'];
      await app.bin.insert('registrar_sip_auths', { ...row, allowed_ips: JSON.stringify(entries) });
      return match().find({ source: '192.0.2.1', domain });
    };
    expect((await find(999)).matches).toMatchObject([{ entry: '192.0.2.1' }]);
    const behind = await find(1_000);
    expect(behind.matches).toEqual([]);
    expect(behind.refusal?.reason).toContain('behind the first 1,000 entries');
  });

  it('names no extension of a large realm for its addresses', async () => {
    const report = await match().find({ source: '203.0.113.9', domain: `one.${BASE_DOMAIN_EXTENSION}` });
    expect(report.matches).toEqual([]);
    expect(report.refusal?.reason).toContain('no trunk has the realm');
  });
});

import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { TrunkMatch, type Match } from '../../src/reconcile/trunk.match';
import { Application } from '../support/application';
import { uuidToBinary, type Parameter } from '../support/database';
import { Kamailio } from '../support/sip/kamailio';
import { Phone } from '../support/sip/phone';
import { authorization, challengeOf } from '../support/sip/digest';
import { sourceFromHeader } from '../support/sip/route';
import { BASE_DOMAIN_TRUNK } from '../support/world';

const ONE = `one.${BASE_DOMAIN_TRUNK}`;
const OTHER = `other.${BASE_DOMAIN_TRUNK}`;
const SOURCES = ['203.0.113.7', '203.0.113.8', '198.51.100.1', '2001:db8::7', '2001:db8:1::1', '0.0.0.0'];
const NETS = [
  ...['203.0.113.7', '203.0.113.0/24', '203.0.113.7/24', ' 203.0.113.7 ', '203.0.113.7/32', '203.0.113.7/-1'],
  ...['203.0.113.7/', '203.0.113.7/abc', '203.0.113.7/0x18', '203.0.113.8/24abc', '203.0.113.7/\u00a024', '0.0.0.0/0'],
  ...['198.51.100.0/2 4', '198.51.100.0/1e1', '198.51.100.1:5060', '198.51.100.001', 'pbx.example.org', '', '::/0'],
  ...[
    '2001:DB8::7',
    '2001:DB8:0:0::/32',
    '2001:db8::7/x',
    '[2001:db8::7]',
    '2001:db8::/129',
    '203.0.113.1,198.51.100.1',
  ],
];

const net = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NETS) },
  fc.tuple(fc.constantFrom(...SOURCES), fc.nat(129)).map((parts) => parts.join('/')),
  fc.constantFrom<unknown>(null, 5, true, ['203.0.113.7'], { net: '203.0.113.7' }, `203.0.113.7${' '.repeat(80)}`),
);
const addresses = fc.oneof(
  { weight: 6, arbitrary: fc.array(net, { maxLength: 4 }).map((list) => JSON.stringify(list)) },
  fc.constantFrom(null, 'null', '"203.0.113.7"', '{"a":"203.0.113.7"}', '5'),
);
const types = fc.constantFrom(
  '["ip"]',
  '["basic"]',
  '["basic","ip"]',
  '["ip","basic"]',
  '[]',
  '["IP"]',
  '"ip"',
  'null',
  null,
);
const realm = fc.constantFrom(ONE, ONE, ONE, ONE.toUpperCase(), `öne.${BASE_DOMAIN_TRUNK}`, `${ONE} `, OTHER, '', null);
const username = fc.constantFrom('acme', 'acme', 'ACME', 'àcme', 'acme ', 'bob', '', ' ', null);
const oddRow = fc.record({
  realm,
  username,
  auth_types: types,
  allowed_ips: addresses,
  secret: fc.constantFrom('own', 'own', 'own', '', ' ', null),
  reference_type: fc.constantFrom('trunk', 'trunk', 'trunk', null),
});
/** Two of them shadow each other. */
const plainRow = fc.record({
  realm: fc.constantFrom(ONE, OTHER),
  username: fc.constantFrom('acme', 'ACME'),
  auth_types: fc.constantFrom('["basic"]', '["basic","ip"]'),
  allowed_ips: fc.constantFrom('[]', '["203.0.113.7"]'),
  secret: fc.constant('own'),
  reference_type: fc.constant('trunk'),
});
const row = fc.oneof(oddRow, plainRow);
const CALLERS = ['acme', 'ACME', 'àcme', 'bob', 'nobody'];
const call = fc.record({
  source: fc.constantFrom(...SOURCES),
  domain: fc.constantFrom(ONE, ONE.toUpperCase(), OTHER),
  username: fc.constantFrom(...CALLERS),
});

/** Rows as this service and the original write them, and as neither does: the command and Kamailio judge alike. */
describe('trunk match and a real Kamailio', () => {
  let app: Application;
  let phone: Phone;
  const closings: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    app = await Application.open();
    closings.push(() => app.close());
    const kamailio = await Kamailio.start(app.bin, { change: sourceFromHeader });
    closings.push(() => kamailio.close());
    phone = await Phone.connect(kamailio.port);
    closings.push(() => phone.close());
  });
  afterAll(async () => {
    for (const close of closings.reverse()) await close();
  });

  const store = async (rows: readonly Record<string, Parameter>[]): Promise<void> => {
    await app.bin.run('DELETE FROM registrar_sip_auths');
    if (rows.length > 0) await app.bin.insertAll('registrar_sip_auths', rows);
  };

  /** The status of an INVITE from the source, with credentials when they are given. */
  const invite = async (source: string, user: string, domain: string, password?: string): Promise<number> => {
    const to = `sip:echo@${ONE}`;
    const request = { method: 'INVITE', uri: to, from: `sip:${user}@${domain}`, to } as const;
    const headers = [`X-Source: ${source}`];
    const first = await phone.ask({ ...request, headers });
    if (first.status !== 407 || password === undefined) return first.status;
    const challenge = first.header('Proxy-Authenticate').map(challengeOf)[0];
    if (challenge === undefined) throw new Error('no challenge');
    const value = authorization(challenge, { username: user, password }, 'INVITE', to);
    return (await phone.ask({ ...request, headers: [...headers, `Proxy-Authorization: ${value}`] })).status;
  };

  it('judge every call alike', async () => {
    const seen = { ip: 0, digest: 0, none: 0, shadowed: 0, twice: 0 };
    const match = app.module.get(TrunkMatch, { strict: false });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 6 }),
        fc.array(call, { minLength: 3, maxLength: 3 }),
        async (drafts, calls) => {
          const passwords = new Map<string, string>();
          const rows = drafts.map(({ secret, ...rest }, n) => {
            const id = randomUUID();
            const password = secret === 'own' ? `own ${n}` : secret;
            passwords.set(id, password ?? '');
            return { id: uuidToBinary(id), ...rest, password };
          });
          await store(rows);
          for (const { source, domain, username: user } of calls) {
            const { matches } = await match.find({ source, domain, username: user });
            const [taker, ...others] = matches.filter(({ shadowedBy }) => shadowedBy === null);
            expect(others).toEqual([]);
            seen[taker?.by ?? 'none'] += 1;
            seen.shadowed += matches.length > 1 ? 1 : 0;
            seen.twice += matches.filter(({ by }) => by === 'digest').length > 1 ? 1 : 0;
            const bare = await invite(source, user, domain);
            expect([source, domain, user, bare === 200]).toEqual([source, domain, user, taker?.by === 'ip']);
            if (taker?.by === 'ip') continue;
            for (const password of new Set(passwords.values())) {
              const isRight = taker !== undefined && passwords.get(taker.id) === password;
              const status = await invite(source, user, domain, password);
              expect([source, domain, user, password, status === 200]).toEqual([
                source,
                domain,
                user,
                password,
                isRight,
              ]);
            }
          }
        },
      ),
      { numRuns: 150 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
  }, 120_000);

  it('find the same trunks in all realms as in each', async () => {
    const match = app.module.get(TrunkMatch, { strict: false });
    const ids = (matches: readonly Match[]): string[] => matches.map(({ id }) => id).sort();
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 8 }), fc.constantFrom(...SOURCES), async (drafts, source) => {
        await store(
          drafts.map(({ secret, ...rest }) => ({ id: uuidToBinary(randomUUID()), ...rest, password: secret })),
        );
        const everywhere = await match.find({ source });
        const each = await Promise.all([ONE, OTHER].map((domain) => match.find({ source, domain })));
        expect(ids(everywhere.matches)).toEqual(ids(each.flatMap(({ matches }) => matches)));
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

import fc from 'fast-check';
import { AsteriskService, type Login, type LoginRows, type PsAuthRow } from '../asterisk/asterisk.service';
import { sipAuthOf, type SipAccount, type StoredSipAuth } from '../sip-auth/sip-auth.service';
import { compareLogin, compareSipAuth } from './comparison';
import { Digest } from './digest';
import { meetAor, meetAuth, meetEndpoint, meetSipAuth, requireAccount, requireLogin } from './requirement';

/** The methods used here need no database. */
const asterisk = Object.create(AsteriskService.prototype) as AsteriskService;

const KEY = fc.record({
  start: fc.nat(),
  multiplier: fc.nat({ max: 2 ** 30 }).map((half) => 2 * half + 1),
});
/** One bucket makes every row collide with every other. */
const BUCKETS = fc.constantFrom(1, 2, 16, 2 ** 12);
const digest: fc.Arbitrary<Digest> = fc
  .tuple(KEY, BUCKETS)
  .map(([key, buckets]) => new Digest(key, new Int32Array(buckets)));

const password = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.stringMatching(/^[ ;^0-9A-F]{0,8}$/));
const words = fc.constantFrom(null, '', 'x', 'X', 'userpass', 'md5');

interface Stored {
  readonly login: Login;
  readonly rows: LoginRows;
}

/** A login with the rows that it must have, each perhaps missing or changed. */
const stored: fc.Arbitrary<Stored> = fc
  .record({
    number: fc.nat({ max: 40 }),
    password,
    missing: fc.subarray(['aor', 'auth', 'endpoint'] as const, { maxLength: 1 }),
    auth: fc.option(
      fc.record(
        { authType: words, username: words, password: fc.option(password), realm: words },
        { requiredKeys: [] },
      ),
    ),
    endpoint: fc.option(fc.record({ aors: words, auth: words }, { requiredKeys: [] })),
    secret: fc.boolean(),
    isDamaged: fc.boolean(),
  })
  .map(({ number, password: typed, missing, auth, endpoint, secret, isDamaged }) => {
    const realm = `r${number}.registrar.example.org`;
    const id = `${number}@${realm}`;
    const login = { realm, endpointId: id, aorId: id, authId: id, username: `${number}`, password: typed };
    const whole = {
      aor: { id, maxContacts: 3, removeExisting: 'yes' },
      auth: asterisk.authOf(login),
      endpoint: { id, aors: id, auth: id },
    };
    if (!isDamaged) return { login, rows: { ...whole, hasFurtherSecret: false } };
    const changed = {
      aor: whole.aor,
      auth: { ...whole.auth, ...(auth as Partial<PsAuthRow> | null) },
      endpoint: { ...whole.endpoint, ...endpoint },
    };
    const kept = Object.entries(changed).filter(([part]) => !missing.some((name) => name === part));
    return { login, rows: { ...Object.fromEntries(kept), hasFurtherSecret: secret } };
  });

const logins = fc.uniqueArray(stored, { selector: ({ login }) => login.endpointId, maxLength: 30 });

function meetAll(sums: Digest, rows: LoginRows): void {
  if (rows.aor) meetAor(sums, rows.aor);
  if (rows.auth) meetAuth(sums, { ...rows.auth, hasFurtherSecret: rows.hasFurtherSecret === true });
  if (rows.endpoint) meetEndpoint(sums, rows.endpoint);
}

const differs = ({ login, rows }: Stored): boolean => compareLogin(login, asterisk.authOf(login), rows).length > 0;

describe('the digest of logins', () => {
  it('differs for every login that the comparison finds, however many collide, and for no other bucket', () => {
    fc.assert(
      fc.property(digest, logins, (sums, all) => {
        for (const { login } of all) requireLogin(sums, login, asterisk.authOf(login));
        for (const { rows } of [...all].reverse()) meetAll(sums, rows);
        for (const one of all.filter(differs)) expect(sums.differs(one.login.endpointId)).toBe(true);
        expect(sums.isEven).toBe(!all.some(differs));
      }),
      { numRuns: 500 },
    );
  });

  it('differs for rows without a record, and for a record that shares its login', () => {
    fc.assert(
      fc.property(digest, logins, stored, (sums, all, extra) => {
        for (const { login } of all) requireLogin(sums, login, asterisk.authOf(login));
        for (const { login } of all)
          meetEndpoint(sums, { id: login.endpointId, aors: login.aorId, auth: login.authId });
        meetEndpoint(sums, { id: extra.login.endpointId, aors: null, auth: null });
        expect(sums.differs(extra.login.endpointId)).toBe(true);
      }),
    );
    const sums = new Digest();
    const [{ login, rows } = {}] = fc.sample(
      stored.filter((one) => !differs(one)),
      1,
    );
    if (!login || !rows) throw new Error('no login');
    for (const { password: typed } of [login, { password: 'of the twin' }])
      requireLogin(sums, { ...login, password: typed }, asterisk.authOf({ ...login, password: typed }));
    meetAll(sums, rows);
    expect(sums.differs(login.endpointId)).toBe(true);
  });

  it('differs, under both ids, where a row has the id of its record in another case or without accents', () => {
    for (const [required, met] of [
      ['7@Ä.example.org', '7@a.EXAMPLE.org'],
      ['bob@r', 'Bob@r'],
      ['Bob@r', 'bob@r'],
    ] as const) {
      const sums = new Digest();
      sums.require('aor', required, []);
      sums.meet('aor', met, []);
      expect([sums.differs(required), sums.differs(met)]).toEqual([true, true]);
      sums.require('aor', met, []);
      sums.meet('aor', required, []);
      expect(sums.isEven).toBe(true);
    }
    const sums = new Digest();
    sums.require('endpoint', 'A@x', ['A@x']);
    sums.meet('endpoint', 'A@x', ['a@x']);
    expect(sums.differs('a@x')).toBe(true);
  });

  it('tells the end of a field, NULL and the empty text apart', () => {
    const fields: (string | null)[][] = [
      [null, ''],
      ['', null],
      ['a', 'b'],
      ['ab', ''],
      ['', 'ab'],
      [null, null],
    ];
    for (const one of fields) {
      for (const other of fields) {
        const sums = new Digest();
        sums.require('auth', 'x', one);
        sums.meet('auth', 'x', other);
        expect(sums.isEven).toBe(one === other);
      }
    }
  });
});

describe('the digest of accounts', () => {
  const account: SipAccount = {
    id: '9b0d2e44-51c7-4c0e-8a35-0f6d1b2c3d4e',
    referenceType: 'trunk',
    authTypes: ['basic', 'ip'],
    realm: 'r',
    username: 'u',
    password: 'p',
    allowedIps: ['203.0.113.7', '198.51.100.0/24'],
    tmCreate: null,
    tmUpdate: null,
  };
  const list = fc.option(fc.shuffledSubarray(['basic', 'ip', '203.0.113.7', '198.51.100.0/24']), { nil: undefined });
  const text = fc.constantFrom(null, '', 'r', 'u', 'p', 'trunk');

  it('differs exactly when the comparison does', () => {
    const row: fc.Arbitrary<Partial<StoredSipAuth>> = fc.record(
      { referenceType: text, authTypes: list, realm: text, username: text, password: text, allowedIps: list },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(row, fc.boolean(), (changes, isThere) => {
        const sums = new Digest();
        requireAccount(sums, account);
        const found = isThere ? { ...sipAuthOf(account), ...changes } : undefined;
        if (found) meetSipAuth(sums, found);
        expect(sums.isEven).toBe(compareSipAuth(sipAuthOf(account), found).length === 0);
      }),
    );
  });
});

import fc from 'fast-check';
import { eachRow } from '../../test/support/each-row';
import { encodePassword, passwordAsRead } from '../asterisk/asterisk-password';
import { AsteriskService, type Login, type LoginRows } from '../asterisk/asterisk.service';
import { sipAuthOf, type SipAccount } from '../sip-auth/sip-auth.service';
import { compareLogin, compareOpenness, compareSipAuth } from './comparison';
import { foldId } from './identifier';
import { OwnDomains } from './own-domains';

/** The methods used here need no database. */
const asterisk = Object.create(AsteriskService.prototype) as AsteriskService;
const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const number = fc.stringMatching(/^[A-Za-z0-9_.+*~!-]{1,12}$/);
const password = fc.oneof(text, fc.stringMatching(/^[ ;^0-9A-F]{0,12}$/)).filter((value) => !/[\p{Cc}]/u.test(value));

const login: fc.Arbitrary<Login> = fc
  .record({ number, customerId: fc.uuid(), password })
  .map(({ number: extension, customerId, password: typed }) => {
    const realm = `${customerId}.registrar.example.org`;
    const id = `${extension}@${realm}`;
    return { realm, endpointId: id, aorId: id, authId: id, username: extension, password: typed };
  });

function rowsOf(made: Login): Required<Omit<LoginRows, 'hasFurtherSecret'>> {
  return {
    aor: { id: made.aorId, maxContacts: 3, removeExisting: 'yes' },
    auth: { ...asterisk.authOf(made) },
    endpoint: { id: made.endpointId, aors: made.aorId, auth: made.authId },
  };
}

const compare = (made: Login, rows: LoginRows): ReturnType<typeof compareLogin> =>
  compareLogin(made, asterisk.authOf(made), rows);

describe('comparing a login', () => {
  it('finds nothing in rows of the service, also with other columns set by an operator', () => {
    fc.assert(
      fc.property(login, fc.option(fc.nat()), fc.option(text), (made, maxContacts, removeExisting) => {
        const rows = rowsOf(made);
        expect(compare(made, { ...rows, aor: { ...rows.aor, maxContacts, removeExisting } })).toEqual([]);
      }),
    );
  });

  it('names every row that is missing, and only those', () => {
    fc.assert(
      fc.property(login, fc.subarray(['aor', 'auth', 'endpoint'] as const), (made, missing) => {
        const rows = Object.fromEntries(
          Object.entries(rowsOf(made)).filter(([part]) => !(missing as string[]).includes(part)),
        );
        const expected = missing.length > 0 ? [{ kind: 'login_missing', what: missing }] : [];
        expect(compare(made, rows)).toEqual(expected);
      }),
    );
  });

  eachRow([
    ['auth', 'authType', 'auth.auth_type'],
    ['auth', 'username', 'auth.username'],
    ['auth', 'realm', 'auth.realm'],
    ['endpoint', 'aors', 'endpoint.aors'],
    ['endpoint', 'auth', 'endpoint.auth'],
  ] as const)('names each column that differs', (part, column, name) => {
    fc.assert(
      fc.property(login, fc.option(text), (made, value) => {
        const rows = rowsOf(made);
        const row = rows[part] as unknown as Record<string, unknown>;
        fc.pre(row[column] !== value);
        const changed = { ...rows, [part]: { ...row, [column]: value } };
        expect(compare(made, changed)).toEqual([{ kind: 'login_differs', what: [name] }]);
      }),
    );
  });

  it('accepts a stored password exactly when Asterisk reads the right one from it, or it is the expected encoding', () => {
    fc.assert(
      fc.property(login, password, (made, stored) => {
        const rows = rowsOf(made);
        const found = compare(made, { ...rows, auth: { ...rows.auth, password: stored } });
        const opens = passwordAsRead(stored) === made.password || stored === encodePassword(made.password);
        expect(found).toEqual(opens ? [] : [{ kind: 'login_differs', what: ['auth.password'] }]);
      }),
    );
  });
});

const account: fc.Arbitrary<SipAccount> = fc.record({
  id: fc.uuid(),
  referenceType: fc.constantFrom('extension' as const, 'trunk' as const),
  authTypes: fc.subarray(['basic', 'ip']),
  realm: fc.domain(),
  username: text,
  password: text,
  allowedIps: fc.uniqueArray(fc.ipV4(), { maxLength: 4 }),
  tmCreate: fc.constant(null),
  tmUpdate: fc.constant(null),
});

describe('comparing what Kamailio reads', () => {
  it('finds nothing in rows of the service, in any order of the lists', () => {
    fc.assert(
      fc.property(account, (made) => {
        const row = sipAuthOf(made);
        const stored = { ...row, authTypes: [...row.authTypes].reverse(), allowedIps: [...row.allowedIps].reverse() };
        expect(compareSipAuth(row, stored)).toEqual([]);
        expect(compareSipAuth(row, undefined)).toEqual([{ kind: 'sip_auth_missing', what: ['sip_auth'] }]);
      }),
    );
  });

  it('names each column that differs, also one that is no list', () => {
    const changes = fc.record(
      {
        referenceType: fc.constantFrom(null, 'other'),
        realm: fc.constant('elsewhere.example.com'),
        username: fc.constantFrom('', 'somebody-else'),
        password: fc.constantFrom('', 'something-else'),
        authTypes: fc.constantFrom(undefined, ['ip', 'ip', 'ip']),
        allowedIps: fc.constantFrom(undefined, ['203.0.113.7/']),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(account, changes, (made, given) => {
        const row = sipAuthOf({ ...made, username: 'u', password: 'p' });
        const found = compareSipAuth(row, { ...row, ...given }).flatMap(({ what }) => what);
        const columns = Object.keys(given).map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
        expect([...found].sort()).toEqual(columns.sort());
      }),
    );
  });
});

it('an account is open when it asks for a password and has none', () => {
  expect(compareOpenness({ password: '', authTypes: ['basic'] })).toHaveLength(1);
  expect(compareOpenness({ password: '', authTypes: ['basic', 'ip'] })).toHaveLength(1);
  expect(compareOpenness({ password: '', authTypes: ['ip'] })).toEqual([]);
  expect(compareOpenness({ password: 'x', authTypes: ['basic'] })).toEqual([]);
});

it('ids fold as the collation takes them for equal', () => {
  for (const [left, right] of [
    ['Ab@X.org', 'aB@x.ORG'],
    ['bób@x', 'bob@x'],
    ['bob@x  ', 'bob@x'],
  ] as const)
    expect(foldId(left)).toBe(foldId(right));
  expect(foldId('a@x')).not.toBe(foldId('b@x'));
});

describe('the rows that may be repaired', () => {
  const domains = new OwnDomains({ domainNameExtension: 'ext.example.org', domainNameTrunk: 'trunk.example.org' });

  eachRow([
    ['1@c.ext.example.org', true],
    ['1@C.EXT.example.org', true],
    ['a@b@c.ext.example.org', true],
    ['1@notext.example.org', false],
    ['1@ext.example.org', false],
    ['1@.ext.example.org', false],
    ['1@c.ext.example.org.com', false],
    ['c.ext.example.org', false],
    ['1@c.ext.example.org@elsewhere', false],
    ['1@c.trunk.example.org', false],
    ['', false],
  ])('are known by the realm of the login', (id, own) => {
    expect(domains.hasLogin(id)).toBe(own);
  });

  it('realms of both base domains', () => {
    expect(['a.ext.example.org', 'a.trunk.example.org'].every((realm) => domains.hasRealm(realm))).toBe(true);
    expect(['example.org', 'trunk.example.org', 'nottrunk.example.org'].some((realm) => domains.hasRealm(realm))).toBe(
      false,
    );
  });
});

import fc from 'fast-check';
import { eachRow } from '../../test/support/each-row';
import { sipAuthOf, type SipAccount } from './sip-auth.service';

const account: SipAccount = {
  id: '4f7e9a10-2b3c-4d5e-8f60-718293a4b5c6',
  referenceType: 'trunk',
  authTypes: ['basic', 'ip'],
  realm: 'acme.trunk.example.org',
  username: 'acme',
  password: 'secret',
  allowedIps: ['203.0.113.7'],
  tmCreate: '2026-08-22 10:11:12.123456',
  tmUpdate: null,
};

describe('what Kamailio reads', () => {
  it('is the account as it is, when it is open by digest', () => {
    expect(sipAuthOf(account)).toEqual(account);
  });

  eachRow([
    { authTypes: [] },
    { authTypes: ['ip'] },
    { authTypes: ['BASIC'] },
    { username: '' },
    { password: '' },
    { username: '', password: '' },
    { authTypes: ['ip'], username: '', password: '' },
  ])('holds no credentials that may not be used', (change) => {
    expect(sipAuthOf({ ...account, ...change })).toMatchObject({ username: null, password: null });
  });

  it('opens no account by accident: user name and password are both set or both NULL', () => {
    const text = fc.oneof(fc.constant(''), fc.string());
    const types = fc.array(fc.oneof(fc.constantFrom('basic', 'ip', ''), fc.string()));
    fc.assert(
      fc.property(types, text, text, (authTypes, username, password) => {
        const row = sipAuthOf({ ...account, authTypes, username, password });
        const opens = authTypes.includes('basic') && username !== '' && password !== '';
        expect([row.username, row.password]).toEqual(opens ? [username, password] : [null, null]);
        expect(Array.isArray(row.authTypes) && Array.isArray(row.allowedIps)).toBe(true);
      }),
    );
  });

  eachRow([
    '203.0.113.7/',
    '203.0.113.7/abc',
    '203.0.113.7/0x18',
    '2001:db8::7/x',
    '10.0.0.0/2 4',
    '10.0.0.0/1e1',
    '203.0.113.7/0',
    '203.0.113.7/\u00a024',
    '203.0.113.7/\u200924',
    '203.0.113.7/-99999999999999999999',
    '203.0.113.7/4294967296',
  ])('leaves out a network that Kamailio takes for a wider one than was meant', (entry) => {
    expect(sipAuthOf({ ...account, allowedIps: ['198.51.100.1', entry] }).allowedIps).toEqual(['198.51.100.1']);
  });

  eachRow([
    '10.0.0.5/24',
    '2001:DB8::/32',
    ' 10.0.0.0/8 ',
    '10.0.0.0/ 24',
    '10.0.0.0/024',
    '0.0.0.0/0',
    'pbx.example.org',
  ])('holds what the original stored', (entry) => {
    expect(sipAuthOf({ ...account, allowedIps: [entry] }).allowedIps).toEqual([entry]);
  });

  it('is a copy: a later change of the account does not reach it', () => {
    const authTypes = ['basic'];
    const row = sipAuthOf({ ...account, authTypes });
    authTypes.push('ip');
    expect(row.authTypes).toEqual(['basic']);
  });
});

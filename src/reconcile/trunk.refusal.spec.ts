import { eachRow } from '../../test/support/each-row';
import type { StoredSipAuth } from '../sip-auth/sip-auth.service';
import type { LivingTrunk } from '../trunk/trunk.login';
import { refusalOf, type RealmAccount, type RefusedCall } from './trunk.refusal';

const ID = '4f7e9a10-2b3c-4d5e-8f60-718293a4b5c6';
const REALM = 'acme.trunk.example.org';
const row: StoredSipAuth = {
  id: ID,
  referenceType: 'trunk',
  authTypes: ['ip'],
  realm: REALM,
  username: null,
  password: null,
  allowedIps: ['203.0.113.7'],
};
const account: RealmAccount = {
  ...{ id: ID, record: {} as LivingTrunk, row, differing: [], lacksPassword: false, isRepairable: true },
};
const call: RefusedCall = {
  source: '192.0.2.9',
  domainName: 'acme',
  realm: REALM,
  username: undefined,
  accounts: [account],
};
const update = `registrar-control trunk update --id ${ID}`;

describe('why no trunk takes a call', () => {
  const withRow = (changes: Partial<StoredSipAuth>): RefusedCall => ({
    ...call,
    accounts: [{ ...account, row: { ...row, ...changes } }],
  });
  const withAccount = (changes: Partial<RealmAccount>): RefusedCall => ({
    ...call,
    accounts: [{ ...account, ...changes }],
  });
  const many = Array.from({ length: 6 }, (_, n) => `203.0.113.${n}`);

  eachRow<[RefusedCall, RegExp, string]>([
    [call, /none of the 1 allowed_ips/, `${update} --allowed-ips 203.0.113.7,192.0.2.9`],
    [withRow({ allowedIps: many }), /none of the 6/, `${update} --allowed-ips LIST`],
    [withRow({ allowedIps: ["'; rm -rf ~'"] }), /none of the 1/, `${update} --allowed-ips LIST`],
    [
      withRow({ authTypes: [], allowedIps: ['192.0.2.0/24'] }),
      /ip is not among/,
      `${update} --allowed-ips 192.0.2.0/24`,
    ],
    [withRow({ allowedIps: ['192.0.2.0/24'] }), /first 1,000 entries/, `${update} --allowed-ips 192.0.2.0/24`],
    [withRow({ authTypes: ['basic'], allowedIps: [] }), /give --username/, `${update} --allowed-ips 192.0.2.9`],
    [withAccount({ differing: ['realm'] }), /another row for Kamailio \(realm\)/, 'registrar-control reconcile'],
    [withAccount({ row: undefined, differing: ['sip_auth'] }), /no row/, 'registrar-control reconcile'],
    [withAccount({ differing: ['realm'], isRepairable: false }), /another row/, `${update} --detail TEXT`],
    [withAccount({ differing: ['password'] }), /another row/, 'registrar-control reconcile'],
    [{ ...withAccount({ lacksPassword: true }), username: 'bob' }, /no password/, `${update} --generate-password`],
    [withAccount({ lacksPassword: true }), /none of the 1 allowed_ips/, `${update} --allowed-ips`],
    [{ ...call, accounts: [], domainName: undefined }, /no trunk has the realm/, '--domain NAME'],
    [{ ...call, accounts: [], domainName: 'a$(x)' }, /no trunk has the realm/, '--domain NAME'],
    [{ ...call, username: 'bob' }, /no digest account/, `${update} --username NAME --generate-password`],
    [
      { ...withRow({ username: 'BOB' }), username: 'bob' },
      /basic is not among/,
      `${update} --username NAME --generate-password`,
    ],
    [
      { ...withRow({ username: 'bob', authTypes: ['basic'] }), username: 'bob' },
      /no account with a password/,
      `${update} --username NAME --generate-password`,
    ],
    [
      { ...call, accounts: [] },
      /no trunk has the realm/,
      'registrar-control trunk create --customer-id ID --domain acme',
    ],
    [{ ...call, takenByExtension: ID }, /the extension/, `registrar-control extension get --id ${ID}`],
    [
      { source: '192.0.2.9', username: undefined, accounts: [] },
      /no trunk has the address/,
      'with 192.0.2.9 in the list',
    ],
  ])('is said with what to type', (refused, reason, advice) => {
    const said = refusalOf(refused);
    expect(said.reason).toMatch(reason);
    expect(said.advice).toContain(advice);
  });
});

import fc from 'fast-check';
import { eachRow } from '../../test/support/each-row';
import type { WholeRow } from '../asterisk/whole-row';
import { AmiFailure } from '../asterisk/ami/ami-failure';
import type { NodeView } from '../asterisk/ami/node-view';
import { toContactReply, type ContactReply } from '../contact/contact.dto';
import type { ExtensionRow } from '../extension/extension.entity';
import type { StoredSipAuth } from '../sip-auth/sip-auth.service';
import { diagnose } from './diagnosis';
import type { AsteriskEvidence, Evidence } from './evidence';
import { operatorColumns } from './operator-columns';

const CUSTOMER = '3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11';
const REALM = `${CUSTOMER}.registrar.example.org`;
const ADDRESS = `2001@${REALM}`;
const PASSWORD = 'a;b-canary';
const NOW_SECONDS = 1_800_000_000;
const ID = '9b0d2e44-51c7-4c0e-8a35-0f6d1b2c3d4e';
const EARLIER = '00000000-0000-4000-8000-000000000001';
const LATER = 'ffffffff-0000-4000-8000-000000000001';

const RECORD: ExtensionRow = {
  id: ID,
  customerId: CUSTOMER,
  name: '',
  detail: '',
  endpointId: ADDRESS,
  aorId: ADDRESS,
  authId: ADDRESS,
  extension: '2001',
  domainName: CUSTOMER,
  realm: REALM,
  username: '2001',
  password: PASSWORD,
  directId: '00000000-0000-0000-0000-000000000000',
  directHash: '',
  tmCreate: '2026-02-02 02:02:02.000000',
  tmUpdate: null,
  tmDelete: null,
};
const ENDPOINT: WholeRow = { id: ADDRESS, aors: ADDRESS, auth: ADDRESS, rewrite_contact: 'yes' };
const AUTH: WholeRow = {
  ...{ id: ADDRESS, auth_type: 'userpass', username: '2001', password: 'a^3Bb-canary', realm: REALM },
  ...{ md5_cred: null, password_digest: null },
};
const AOR: WholeRow = { id: ADDRESS, max_contacts: '3', remove_existing: 'yes' };
const ACCOUNT: StoredSipAuth = {
  ...{ id: ID, referenceType: 'extension', authTypes: ['basic'], allowedIps: [] },
  ...{ realm: REALM, username: '2001', password: PASSWORD },
};

const contact = (changes: Partial<ContactReply> = {}): ContactReply => ({
  ...toContactReply({} as Parameters<typeof toContactReply>[0]),
  id: `${ADDRESS}^3B@one`,
  uri: 'sip:2001@203.0.113.9:5060',
  endpoint: ADDRESS,
  expiration_time: NOW_SECONDS + 60,
  ...changes,
});

interface Damage {
  readonly record?: Partial<ExtensionRow>;
  readonly endpoint?: WholeRow | null;
  readonly auth?: WholeRow | null;
  readonly aor?: WholeRow | null;
  readonly contacts?: readonly ContactReply[];
  readonly cached?: readonly ContactReply[];
  readonly accounts?: readonly StoredSipAuth[];
  readonly others?: Partial<Evidence>;
}

const rows = (whole: WholeRow, change: WholeRow | null | undefined): WholeRow[] =>
  change === null ? [] : [{ ...whole, ...change }];

/** An extension with one registered phone, as it is when all is well, and then damaged. */
function evidence(damage: Damage = {}): Evidence & { readonly asterisk: AsteriskEvidence } {
  const record = { ...RECORD, ...damage.record };
  const { authId: id, username, realm } = record;
  return {
    nowMs: NOW_SECONDS * 1_000,
    record,
    sharing: { login: [record], names: [] },
    domain: { base: 'registrar.example.org', isBase: true, isRepaired: true },
    expectedAuth: { id, authType: 'userpass', username, password: 'a^3Bb-canary', realm },
    accounts: damage.accounts ?? [ACCOUNT],
    nodes: undefined,
    ...damage.others,
    asterisk: {
      login: {
        endpoint: rows(ENDPOINT, damage.endpoint),
        auth: rows(AUTH, damage.auth),
        aor: rows(AOR, damage.aor),
      },
      contacts: damage.contacts ?? [contact()],
      cachedContacts: damage.cached,
    },
  };
}

const seen = (damage: Damage): string[] =>
  diagnose(evidence(damage)).map(({ certainty, code, part }) => `${certainty} ${code} ${part}`);

it('finds nothing where all is well', () => {
  expect(diagnose(evidence())).toEqual([]);
  expect(diagnose(evidence({ cached: [contact()] }))).toEqual([]);
  expect(diagnose(evidence({ auth: { password: 'a^3Bb^2Dcanary' } }))).toEqual([]);
});

eachRow<[Damage, ...string[]]>([
  [{ endpoint: null }, 'certain endpoint_missing ps_endpoints'],
  [{ auth: null }, 'certain auth_missing ps_auths'],
  [{ auth: { password: 'a^3bb-canary' } }, 'certain auth_password ps_auths'],
  [{ aor: null }, 'certain aor_missing ps_aors'],
  [{ endpoint: { auth: null } }, 'certain endpoint_open ps_endpoints'],
  [{ endpoint: { auth: '' } }, 'certain endpoint_open ps_endpoints'],
  [{ endpoint: { auth: 'x@y' } }, 'certain endpoint_auth ps_endpoints'],
  [{ endpoint: { auth: ' ' } }, 'certain endpoint_open ps_endpoints'],
  [{ endpoint: { auth: `${ADDRESS}, x@y` } }, 'likely endpoint_auth ps_endpoints'],
  [{ endpoint: { aors: null } }, 'certain endpoint_aors ps_endpoints'],
  [{ endpoint: { aors: 'x@y' } }, 'certain endpoint_aors ps_endpoints'],
  [{ endpoint: { aors: `x@y, ${ADDRESS}` } }, 'likely endpoint_aors ps_endpoints'],
  [{ auth: { password: PASSWORD } }, 'certain auth_password ps_auths'],
  [{ auth: { password: null } }, 'certain auth_password ps_auths'],
  [{ auth: { username: 'bob' } }, 'certain auth_username ps_auths'],
  [{ auth: { username: null } }, 'certain auth_username ps_auths'],
  [{ auth: { realm: 'other.example' } }, 'likely auth_realm ps_auths'],
  [{ auth: { auth_type: 'md5' } }, 'likely auth_type ps_auths'],
  [{ auth: { auth_type: 'google_oauth' } }, 'certain auth_type ps_auths'],
  [{ auth: { md5_cred: '0'.repeat(32) } }, 'certain auth_digest ps_auths'],
  [{ auth: { password_digest: `SHA-256:${'0'.repeat(64)}` } }, 'likely auth_digest ps_auths'],
  [{ auth: { supported_algorithms_uas: 'SHA-256' } }, 'likely no_md5 ps_auths'],
  [{ auth: { nonce_lifetime: '-1' } }, 'certain nonce_lifetime ps_auths'],
])('rows of Asterisk that refuse a phone', (damage, ...expected) => {
  expect(seen(damage)).toEqual(expected);
});

eachRow<[WholeRow, ...string[]]>([
  [{ identify_by: 'username,ip' }],
  [{ identify_by: 'ip' }, 'likely identify_by ps_endpoints'],
  [{ deny: '0.0.0.0/0' }, 'certain denied ps_endpoints'],
  [{ deny: '0.0.0.0/0.0.0.0' }, 'certain denied ps_endpoints'],
  [{ deny: '0.0.0.0/0', permit: '203.0.113.0/24' }, 'hint denied ps_endpoints'],
  [{ contact_deny: '0.0.0.0/0' }, 'certain denied ps_endpoints'],
  [{ permit: '203.0.113.0/24' }],
  [{ acl: 'office' }, 'hint acl ps_endpoints'],
  [{ contact_acl: 'office' }, 'hint acl ps_endpoints'],
  [{ set_var: 'no equals' }, 'certain set_var ps_endpoints'],
  [{ set_var: 'A=b' }],
  [{ set_var: 'A=b^3Bc; D^3De' }],
  [{ set_var: 'A=b;c' }, 'certain set_var ps_endpoints'],
  [{ set_var: ' ', acl: ' ', identify_by: ' ', from_domain: ' pbx.example.org ' }],
  [{ deny: '0.0.0.0/0,!203.0.113.0/24' }, 'hint denied ps_endpoints'],
  [{ deny: '192.0.2.1; 0.0.0.0/0', permit: ' ' }, 'certain denied ps_endpoints'],
  [{ disallow: 'all', allow: 'ulaw' }],
  [{ disallow: 'all' }, 'likely no_codec ps_endpoints'],
  [{ transport: 'tls', rtp_engine: 'asterisk', from_domain: 'pbx.example.org' }],
  [{ rtp_engine: 'other' }, 'hint rtp_engine ps_endpoints'],
  [{ from_domain: 'x y' }, 'certain from_domain ps_endpoints'],
  [{ outbound_proxy: 'nonsense' }, 'certain outbound_proxy ps_endpoints'],
  [{ outbound_proxy: ' sip:p^3Blr' }, 'hint outbound_proxy ps_endpoints'],
  [{ outbound_proxy: '"x" <sip:p^3Blr>' }, 'hint outbound_proxy ps_endpoints'],
  [{ media_encryption: 'sdes' }, 'hint media_encryption ps_endpoints'],
  [{ media_encryption: 'no', webrtc: 'no', device_state_busy_at: '0' }],
  [{ webrtc: 'yes' }, 'hint webrtc ps_endpoints'],
  [{ device_state_busy_at: '1' }, 'hint busy_at ps_endpoints'],
  [{ context: 'from-phones', unknown_column: 'x' }],
])('columns of an operator in ps_endpoints', (endpoint, ...expected) => {
  expect(seen({ endpoint })).toEqual(expected);
});

eachRow<[WholeRow, ...string[]]>([
  [{ max_contacts: '10', remove_existing: 'no' }],
  [{ max_contacts: null }, 'certain max_contacts ps_aors'],
  [{ max_contacts: '0' }, 'certain max_contacts ps_aors'],
  [{ max_contacts: '1' }, 'hint full contacts'],
  [{ max_contacts: '1', remove_existing: 'no' }, 'likely full contacts'],
  [{ max_contacts: '1', remove_existing: null }, 'likely full contacts'],
  [{ maximum_expiration: '0' }, 'certain maximum_expiration ps_aors'],
  [{ maximum_expiration: '300' }],
  [{ maximum_expiration: '-1' }, 'certain maximum_expiration ps_aors'],
  [{ minimum_expiration: '-1' }, 'certain minimum_expiration ps_aors'],
  [{ default_expiration: '-1' }, 'certain default_expiration ps_aors'],
  [{ qualify_frequency: '86400' }],
  [{ qualify_frequency: '86401' }, 'certain qualify_frequency ps_aors'],
  [{ contact: 'sip:fixed@192.0.2.1' }, 'hint static_contact ps_aors'],
  [{ contact: '<sip:fixed@192.0.2.1^3Btransport=tcp>' }, 'hint static_contact ps_aors'],
  [{ contact: 'sip:fixed@192.0.2.1;transport=tcp' }, 'certain static_contact ps_aors'],
  [{ contact: 'nonsense' }, 'certain static_contact ps_aors'],
  [{ outbound_proxy: 'sip:p' }],
])('columns of an operator in ps_aors', (aor, ...expected) => {
  expect(seen({ aor })).toEqual(expected);
});

eachRow<[readonly Partial<StoredSipAuth>[], ...string[]]>([
  [[], 'certain account_missing kamailio'],
  [[{ password: 'other' }], 'certain account_password kamailio'],
  [[{ password: null }], 'certain account_password kamailio'],
  [[{ username: 'bob' }], 'certain account_username kamailio'],
  [[{ realm: 'other' }], 'certain account_realm kamailio'],
  [[{ authTypes: [] }], 'certain account_types kamailio'],
  [[{ authTypes: undefined }], 'certain account_types kamailio'],
  [[{ authTypes: ['basic', 'ip'] }], 'likely account_types kamailio'],
  [[{ allowedIps: ['203.0.113.7'] }], 'likely account_addresses kamailio'],
  [[{ referenceType: 'trunk' }], 'likely account_reference kamailio'],
  [[{ id: EARLIER, password: 'other' }, {}], 'likely account_shadowed kamailio'],
  [[{ id: EARLIER }, {}], 'hint account_shadows kamailio'],
  [[{ id: EARLIER, password: 'other', authTypes: ['ip'] }, {}]],
  [[{ id: EARLIER, password: '' }, {}]],
  [[{}, { id: LATER, password: 'other' }], 'hint account_shadows kamailio'],
])('rows of Kamailio', (accounts, ...expected) => {
  expect(seen({ accounts: accounts.map((changes) => ({ ...ACCOUNT, ...changes })) })).toEqual(expected);
});

eachRow<[Damage, ...string[]]>([
  [{ contacts: [] }, 'hint nobody_registered contacts'],
  [{ contacts: [contact({ expiration_time: NOW_SECONDS - 10 })] }, 'hint nobody_registered contacts'],
  [
    { contacts: [contact(), contact({ id: 'b', expiration_time: NOW_SECONDS - 1_000 })] },
    'likely contacts_ended contacts',
  ],
  [{ contacts: [contact({ endpoint: ADDRESS.toUpperCase() })] }],
  [{ contacts: [contact(), contact({ id: 'b', endpoint: '' })] }, 'likely contacts_elsewhere contacts'],
  [{ cached: [] }, 'likely contacts_cached contacts'],
  [{ cached: [contact(), contact({ id: 'gone' })] }, 'likely contacts_cached contacts'],
  [{ cached: [contact({ expiration_time: NOW_SECONDS + 5 })] }],
  [
    {
      contacts: [contact({ expiration_time: NOW_SECONDS - 10 })],
      cached: [contact({ expiration_time: NOW_SECONDS - 10 })],
    },
    'hint nobody_registered contacts',
  ],
  [{ contacts: [contact({ uri: 'sip:2001@192.168.1.7:5060' })] }],
  [
    { contacts: [contact({ uri: 'sip:2001@192.168.1.7:5060' })], endpoint: { rewrite_contact: null } },
    'hint private_address contacts',
  ],
  [{ contacts: [contact({ uri: 'sip:2001@172.32.1.7' })], endpoint: { rewrite_contact: null } }],
])('registrations', (damage, ...expected) => {
  expect(seen(damage)).toEqual(expected);
});

eachRow<[Partial<ExtensionRow>, string]>([
  [{ password: '' }, 'certain empty_password record'],
  [{ password: ';'.repeat(40) }, 'certain long_password record'],
  [{ password: 'pässword' }, 'hint password_not_ascii record'],
  [{ username: 'a b' }, 'likely unusable_username record'],
  [{ extension: '1,2' }, 'likely unusable_number record'],
  [{ endpointId: 'other' }, 'likely foreign_endpoint_id record'],
])('records that no phone can use', (record, expected) => {
  expect(seen({ record })).toContain(expected);
});

it('a password of the original that Asterisk reads as it is may fill the column', () => {
  const password = `${'x'.repeat(77)}^zz`;
  expect(seen({ record: { password }, auth: { password }, accounts: [{ ...ACCOUNT, password }] })).toEqual([]);
});

describe('records beside others', () => {
  const newer = { ...RECORD, id: LATER };

  it('is told whose the login is, and not compared with it', () => {
    const sharing = { login: [newer, RECORD], names: [newer] };
    expect(seen({ auth: { password: 'of the newer' }, others: { sharing } })).toEqual([
      'certain login_of_another record',
    ]);
  });

  it('the owner of the login is told of the other', () => {
    expect(seen({ others: { sharing: { login: [RECORD, newer], names: [newer] } } })).toEqual([
      'hint shared_name record',
    ]);
  });

  it('an earlier base domain and a foreign realm are told', () => {
    const domain = { base: 'new.example.org', isBase: false, isRepaired: true };
    expect(seen({ others: { domain } })).toEqual(['hint earlier_domain record']);
    const findings = diagnose(evidence({ aor: null, others: { domain: { ...domain, isRepaired: false } } }));
    expect(findings.map(({ code }) => code)).toEqual(['aor_missing', 'foreign_realm']);
    expect(findings[0]?.advice).toContain(`extension delete --id ${ID}`);
  });
});

describe('a deleted extension', () => {
  const record = { tmDelete: '2026-03-03 03:03:03.000000' };
  const gone = { record, endpoint: null, auth: null, aor: null, contacts: [], accounts: [] };
  const sharing = { login: [], names: [] };

  it('is named, with the one that has its number now', () => {
    expect(seen({ ...gone, others: { sharing } })).toEqual(['certain deleted record']);
    const newer = { ...RECORD, id: LATER };
    const [finding] = diagnose(
      evidence({ record, others: { sharing: { login: [newer], names: [newer] } }, accounts: [] }),
    );
    expect(finding?.advice).toContain(`diagnose --id ${LATER}`);
  });

  it('is told with the one of its number below another base domain, which does not have its rows', () => {
    const newer = { ...RECORD, id: LATER, endpointId: '2001@new' };
    const others = { sharing: { login: [], names: [newer] } };
    const [deleted, left] = diagnose(evidence({ ...gone, auth: {}, others }));
    expect(deleted?.advice).toContain(`diagnose --id ${LATER}`);
    expect(left?.code).toBe('login_left');
  });

  it('has left rows by which a phone gets in', () => {
    expect(seen({ ...gone, auth: {}, accounts: [ACCOUNT], contacts: [contact()], others: { sharing } })).toEqual([
      'certain deleted record',
      'certain login_left ps_auths',
      'certain account_left kamailio',
      'likely contacts_left contacts',
    ]);
  });
});

it('tells that the database of Asterisk could not be read, and what the other one says', () => {
  const unread = { ...evidence({ accounts: [] }), asterisk: { reason: 'It does not answer.', isSchema: false } };
  expect(diagnose(unread)).toMatchObject([
    { code: 'asterisk_unread', text: 'It does not answer.', advice: 'registrar-control doctor' },
    { code: 'account_missing' },
  ]);
});

describe('the nodes of Asterisk', () => {
  const NODE = 'ast-1:5038';
  const endpoint = { id: ADDRESS, auth: ADDRESS, aors: ADDRESS, context: '', transport: '', deviceState: 'Not in use' };
  const auth = {
    ...{ id: ADDRESS, authType: 'userpass', username: '2001', realm: REALM },
    ...{ hasExpectedUsername: true, hasPassword: true, hasExpectedPassword: true, hasDigest: false },
  };
  const reached = { uri: 'sip:a', userAgent: '', viaAddress: '', expiresAt: undefined, status: 'Reachable' };
  const aor = { id: ADDRESS, maxContacts: 3, removeExisting: true, contacts: [reached] };
  const old = { ...auth, hasExpectedPassword: false };
  const well: NodeView = { node: NODE, endpoint, auth, aor };

  eachRow<[NodeView, Damage, ...string[]]>([
    [well, {}],
    [{ node: NODE, failure: new AmiFailure('TIMEOUT') }, {}, 'likely node_failure asterisk'],
    [{ node: NODE }, {}, 'certain node_endpoint asterisk'],
    [{ node: NODE }, { endpoint: null }, 'certain endpoint_missing ps_endpoints'],
    [well, { endpoint: null }, 'certain endpoint_missing ps_endpoints', 'certain node_copy asterisk'],
    [{ ...well, auth: old }, {}, 'certain node_copy asterisk'],
    [{ ...well, auth: old }, { auth: { password: 'x' } }, 'certain auth_password ps_auths'],
    [{ ...well, auth: { ...auth, hasDigest: true } }, {}, 'certain node_copy asterisk'],
    [{ ...well, auth: { ...auth, hasDigest: true } }, { auth: { md5_cred: 'x' } }, 'certain auth_digest ps_auths'],
    [{ node: NODE, aor, endpoint: { ...endpoint, auth: '' } }, {}, 'certain node_copy asterisk'],
    [{ node: NODE, auth, endpoint: { ...endpoint, aors: 'x@y' } }, {}, 'certain node_copy asterisk'],
    [
      { node: NODE, aor, endpoint: { ...endpoint, auth: 'x@y' } },
      { endpoint: { auth: 'x@y' } },
      'certain endpoint_auth ps_endpoints',
    ],
    [{ node: NODE, endpoint, aor }, {}, 'likely node_auth asterisk'],
    [{ node: NODE, endpoint, auth }, {}, 'likely node_aor asterisk'],
    [{ ...well, aor: { ...aor, maxContacts: 1 } }, {}, 'likely node_copy asterisk'],
    [
      { ...well, aor: { ...aor, contacts: [reached, { ...reached, status: 'Unreachable' }] } },
      {},
      'likely contact_unreachable asterisk',
    ],
  ])('are compared with the rows', (view, damage, ...expected) => {
    expect(seen({ ...damage, others: { nodes: [view] } })).toEqual(expected);
  });

  it('are told to forget a deleted endpoint', () => {
    const record = { tmDelete: '2026-03-03 03:03:03.000000' };
    const others = { nodes: [well], sharing: { login: [], names: [] } };
    const gone = { record, endpoint: null, auth: null, aor: null, contacts: [], accounts: [], others };
    const [, copy] = diagnose(evidence(gone));
    expect(copy).toMatchObject({ code: 'node_copy', certainty: 'certain' });
    expect(copy?.advice).toContain(`sorcery memory cache expire res_pjsip/endpoint ${ADDRESS}`);
  });
});

it('tells repeated rows', () => {
  const whole = evidence();
  const login = { ...whole.asterisk.login, auth: [AUTH, AUTH] };
  expect(diagnose({ ...whole, asterisk: { ...whole.asterisk, login } })).toMatchObject([{ code: 'repeated_rows' }]);
});

it('never says a secret, whatever the rows hold', () => {
  const secret = 'canary-0xSECRET';
  const cell = fc.constantFrom(null, '', secret, `MD5:${secret}`, `${secret};${secret}`);
  const secrets = ['password', 'md5_cred', 'password_digest', 'refresh_token', 'oauth_clientid', 'oauth_secret'];
  const auth = fc.record(Object.fromEntries(secrets.map((name) => [name, cell])));
  fc.assert(
    fc.property(auth, cell, cell, (columns, ofRecord, ofAccount) => {
      const whole = evidence({
        record: { password: ofRecord ?? '' },
        auth: columns,
        endpoint: { set_var: secret },
        accounts: [
          { ...ACCOUNT, id: EARLIER, password: secret },
          { ...ACCOUNT, password: ofAccount },
        ],
      });
      expect(JSON.stringify([diagnose(whole), operatorColumns(whole.asterisk.login)])).not.toContain(secret);
    }),
  );
});

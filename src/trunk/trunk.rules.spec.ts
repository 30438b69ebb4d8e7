import { eachRow } from '../../test/support/each-row';
import { ServiceError } from '../platform/errors/service-error';
import { WireBodyPipe } from '../platform/messaging/requests/wire-body.pipe';
import { decodeJson } from '../platform/wire/go-json';
import { CreateTrunkDto, UpdateTrunkDto } from './trunk.dto';
import { assertComplete, canonicalIps } from './trunk.rules';

const CUSTOMER = '3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11';

function refusedFields(work: () => unknown): unknown[] {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    expect(error.statusCode).toBe(400);
    return error.details.map((detail) => detail['field']).sort();
  }
  return [];
}

function create(fields: object): unknown[] {
  const body = { customer_id: CUSTOMER, domain_name: 'acme', ...fields };
  return refusedFields(() =>
    new WireBodyPipe().transform(decodeJson(Buffer.from(JSON.stringify(body))), {
      type: 'body',
      metatype: CreateTrunkDto,
    }),
  );
}

describe('a new trunk', () => {
  eachRow([
    {},
    { auth_types: null, allowed_ips: null },
    { auth_types: [], allowed_ips: [] },
    { auth_types: ['ip'], allowed_ips: ['203.0.113.7'] },
    { auth_types: ['basic', 'ip'], username: 'a.b_c+d*e~f!g-h', password: 'x', allowed_ips: ['2001:db8::/32'] },
    { username: 'not@sip', password: '' },
    { username: 'u'.repeat(64), auth_types: ['basic'] },
    { allowed_ips: Array.from({ length: 90 }, (_, n) => `203.0.113.${n}`) },
    { domain_name: 'A' + 'b'.repeat(30) },
    { domain_name: 'a..' },
  ])('with these fields is taken', (fields) => {
    expect(create(fields)).toEqual([]);
  });

  eachRow([
    [{ auth_types: ['digest'] }, 'auth_types'],
    [{ auth_types: ['BASIC'] }, 'auth_types'],
    [{ auth_types: ['basic', 'basic'], username: 'u' }, 'auth_types'],
    [{ auth_types: [null] }, 'auth_types'],
    [{ auth_types: ['basic'] }, 'username'],
    [{ auth_types: ['basic'], username: 'a@b' }, 'username'],
    [{ auth_types: ['basic'], username: 'a b' }, 'username'],
    [{ auth_types: ['basic'], username: 'a\n' }, 'username'],
    [{ auth_types: ['basic'], username: 'u'.repeat(65) }, 'username'],
    [{ username: 'u'.repeat(256) }, 'username'],
    [{ password: 'a\u0000' }, 'password'],
    [{ password: 'p'.repeat(256) }, 'password'],
    [{ name: 'n'.repeat(256) }, 'name'],
    [{ allowed_ips: ['203.0.113.7/'] }, 'allowed_ips'],
    [{ allowed_ips: ['203.0.113.7', ''] }, 'allowed_ips'],
    [{ allowed_ips: [null] }, 'allowed_ips'],
    [{ allowed_ips: Array.from({ length: 91 }, (_, n) => `203.0.113.${n}`) }, 'allowed_ips'],
    [{ domain_name: '' }, 'domain_name'],
    [{ domain_name: 'a' }, 'domain_name'],
    [{ domain_name: '1a' }, 'domain_name'],
    [{ domain_name: 'a_b' }, 'domain_name'],
    [{ domain_name: 'ab\n' }, 'domain_name'],
    [{ domain_name: 'a'.repeat(32) }, 'domain_name'],
    [{ customer_id: '00000000-0000-0000-0000-000000000000' }, 'customer_id'],
  ])('with these fields is refused for them', (fields, field) => {
    expect(create(fields)).toEqual([field]);
  });
});

describe('settings that go together', () => {
  const none = { authTypes: [], password: '', allowedIps: [] };

  eachRow([
    [none, []],
    [{ ...none, authTypes: ['basic'] }, ['password']],
    [{ ...none, authTypes: ['ip'] }, ['allowed_ips']],
    [{ ...none, authTypes: ['basic', 'ip'] }, ['allowed_ips', 'password']],
    [{ authTypes: ['basic', 'ip'], password: 'x', allowedIps: ['203.0.113.7'] }, []],
  ])('lack what they need', (trunk, fields) => {
    expect(refusedFields(() => assertComplete(trunk))).toEqual(fields);
  });
});

describe('the list of addresses', () => {
  it('is stored canonical, each once, in the order given', () => {
    expect(canonicalIps(['2001:DB8::1', '203.0.113.7', '2001:db8:0::1', '203.0.113.7'])).toEqual([
      '2001:db8::1',
      '203.0.113.7',
    ]);
    expect(canonicalIps(null)).toEqual([]);
  });

  it('has one set of rules for create and change', () => {
    const pipe = new WireBodyPipe();
    const body = decodeJson(Buffer.from('{"allowed_ips":["0.0.0.0/0"],"auth_types":["x"]}'));
    expect(refusedFields(() => pipe.transform(body, { type: 'body', metatype: UpdateTrunkDto }))).toEqual([
      'allowed_ips',
      'auth_types',
    ]);
  });
});

import fc from 'fast-check';
import { eachRow } from '../../../test/support/each-row';
import { decodeJson, type JsonNode } from './go-json';
import { ZERO_UUID } from './go-uuid';
import { decodeBody, OptionalBody, WireJson, WireString, WireStringList, WireTypeError, WireUuid } from './wire-body';

class Named {
  @WireString() name!: string;
}

class Body extends Named {
  @WireUuid() customerId!: string;
  @WireUuid('domain_id') domain!: string;
  @WireString() password!: string;
  @WireStringList() allowedIps!: string[] | null;
  @WireJson() data!: JsonNode | undefined;
  untouched = 1;
}

@OptionalBody()
class Filter {
  @WireUuid() customerId!: string;
}

const UUID = '3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11';
const ZERO = {
  name: '',
  customerId: ZERO_UUID,
  domain: ZERO_UUID,
  password: '',
  allowedIps: null,
  data: undefined,
  untouched: 1,
};

const decode = (json: string): Body => decodeBody(Body, decodeJson(json));

function problemsOf(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof WireTypeError) return error.problems.map(({ field }) => field);
    throw error;
  }
  return [];
}

describe('decodeBody', () => {
  it.each(['null', '{}', '{"other":[1,{"name":2}]}', '{"name":null,"customer_id":null,"allowed_ips":null}'])(
    '%s leaves every field zero',
    (json) => {
      expect(decode(json)).toEqual(Object.assign(new Body(), ZERO));
    },
  );

  eachRow([
    ['{"name":"a","name":null}', { name: 'a' }],
    ['{"name":"a","NAME":"b"}', { name: 'b' }],
    ['{"name":"a","n\\u0061me":"b"}', { name: 'b' }],
    ['{"pa\u017fſword":"x"}', { password: 'x' }],
    ['{"pa\u00dfword":"x"}', { password: '' }],
    ['{"password":"\\ud800"}', { password: '\ufffd' }],
    [`{"customer_id":"${UUID}","Customer_Id":null}`, { customerId: UUID }],
    [`{"domain_id":"urn:uuid:${UUID.toUpperCase()}","domain":"x"}`, { domain: UUID }],
    ['{"allowed_ips":[]}', { allowedIps: [] }],
    ['{"allowed_ips":["x",null]}', { allowedIps: ['x', ''] }],
    ['{"allowed_ips":["x"],"allowed_ips":null}', { allowedIps: null }],
    ['{"allowed_ips":["x","y"],"allowed_ips":["z"],"allowed_ips":[null,null]}', { allowedIps: ['z', 'y'] }],
    ['{"allowed_ips":["x"],"allowed_ips":[],"allowed_ips":[null]}', { allowedIps: [''] }],
    ['{"data":null}', { data: { kind: 'null' } }],
  ])('reads each body', (json, fields) => {
    expect(decode(json)).toEqual(Object.assign(new Body(), ZERO, fields));
  });

  eachRow([
    ['{"name":1}', ['name']],
    ['{"name":{},"name":"a"}', ['name']],
    ['{"customer_id":""}', ['customer_id']],
    ['{"customer_id":5,"password":[],"allowed_ips":["x",1],"domain_id":"bad"}', undefined],
    ['{"allowed_ips":"x"}', ['allowed_ips']],
    ['[]', ['body']],
    ['"x"', ['body']],
    ['1', ['body']],
    ['true', ['body']],
  ])('refuses each body', (json, fields) => {
    expect(problemsOf(() => decode(json))).toEqual(fields ?? ['customer_id', 'password', 'allowed_ips', 'domain_id']);
  });

  it('names the field and the type it expects, never the value', () => {
    expect(() => decode('{"password":["s3cr3t"],"customer_id":"s3cr3t"}')).toThrow(
      new WireTypeError([
        { field: 'password', expected: 'string' },
        { field: 'customer_id', expected: 'uuid' },
      ]),
    );
    expect(() => decode('{"password":["s3cr3t"],"customer_id":"s3cr3t"}')).toThrow(
      'password must be a string, customer_id must be a uuid',
    );
  });

  it('needs a body unless the class says otherwise', () => {
    expect(problemsOf(() => decodeBody(Body, undefined))).toEqual(['body']);
    expect(decodeBody(Filter, undefined)).toEqual(Object.assign(new Filter(), { customerId: ZERO_UUID }));
    expect(problemsOf(() => decodeBody(Filter, decodeJson('[]')))).toEqual(['body']);
  });

  it('reads any JSON or names the wrong fields', () => {
    const key = fc.constantFrom('name', 'customer_id', 'ALLOWED_IPS', 'password', '__proto__', 'constructor');
    const body = fc.oneof(fc.dictionary(key, fc.jsonValue()), fc.jsonValue());
    fc.assert(fc.property(body, (value) => void problemsOf(() => decode(JSON.stringify(value)))));
    expect(Object.getPrototypeOf(decode('{"__proto__":{"name":"x"}}'))).toBe(Body.prototype);
  });

  it.each([
    ['unknown keys', `{${Array.from({ length: 80_000 }, (_, i) => `"k${i}":0`).join(',')}}`],
    ['one field', `{${'"name":1,'.repeat(100_000)}"name":1}`],
    ['a list', `{"allowed_ips":[${'"",'.repeat(100_000)}""],${'"allowed_ips":[null],'.repeat(30_000)}"x":0}`],
  ])('is done with a megabyte that repeats %s at once', (_, json) => {
    const startMs = performance.now();
    problemsOf(() => decode(json));
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });
});

import fc from 'fast-check';
import { eachRow } from '../../../test/support/each-row';
import { ServiceError } from '../errors/service-error';
import { decodeJson } from './go-json';
import { parseQuery } from './go-uri';
import { listRequest, type FilterSpec, type ListRequest } from './list-request';

const SPEC: FilterSpec = { customer_id: 'uuid', extension: 'text', deleted: 'flag' };
const CUSTOMER = '3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11';

function ask(query: string, body?: string): ListRequest {
  return listRequest(parseQuery(query), body === undefined ? undefined : decodeJson(Buffer.from(body)), SPEC);
}

function refusedFields(query: string, body?: string): unknown[] {
  try {
    ask(query, body);
  } catch (error) {
    expect(error).toBeInstanceOf(ServiceError);
    expect((error as ServiceError).statusCode).toBe(400);
    return (error as ServiceError).details.map((detail) => detail['field']);
  }
  return [];
}

describe('page_size', () => {
  eachRow([
    ['', 0],
    ['page_size=', 0],
    ['page_size=abc', 0],
    ['page_size=%205', 0],
    ['page_size=5.0', 0],
    ['page_size=0x10', 0],
    ['page_size=1_000', 0],
    ['page_size=0', 0],
    ['page_size=-0', 0],
    ['page_size=10', 10],
    ['page_size=%2B10', 10],
    ['page_size=010', 10],
    ['page_size=1000', 1000],
    ['page_size=1001', 1000],
    ['page_size=9223372036854775808', 1000],
    ['page_size=5&page_size=6', 5],
    ['PAGE_SIZE=5', 0],
    ['page_size=5;x', 0],
    ['page_size=%zz&page_size=7', 7],
  ])('reads a size', (query, limit) => {
    expect(ask(query).limit).toBe(limit);
  });

  it.each(['page_size=-1', 'page_size=-9223372036854775809'])('%s is refused', (query) => {
    expect(refusedFields(query)).toEqual(['page_size']);
  });
});

describe('page_token', () => {
  eachRow([
    ['', undefined],
    ['page_token=', undefined],
    ['page_token=2026-08-22T10:11:12.123456Z', '2026-08-22 10:11:12.123456'],
    ['page_token=2026-08-22T10:11:12.5Z', '2026-08-22 10:11:12.500000'],
    ['page_token=2026-08-22T10:11:12Z', '2026-08-22 10:11:12.000000'],
    ['page_token=2026-08-22T10:11:12.123456', '2026-08-22 10:11:12.123456'],
    ['page_token=2026-08-22+10:11:12.123456', '2026-08-22 10:11:12.123456'],
    ['page_token=2026-08-22%2010:11:12', '2026-08-22 10:11:12.000000'],
    ['page_token=2026-08-22T10:11:12.1234567Z', '2026-08-22 10:11:12.123456'],
  ])('reads a token', (query, before) => {
    expect(ask(query).before).toBe(before);
  });

  eachRow(['x', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '2026-08-22', '2026-08-22T10:11:12+02:00', '0'])(
    'refuses what is no token',
    (token) => {
      expect(refusedFields(`page_token=${encodeURIComponent(token)}`)).toEqual(['page_token']);
    },
  );
});

describe('filters', () => {
  it.each([undefined, 'null', '{}', '{"password":"x","tm_create":1,"Customer_ID":0}'])('%s are none', (body) => {
    expect(ask('', body).filters.size).toBe(0);
  });

  eachRow([
    [`{"customer_id":"${CUSTOMER}"}`, 'customer_id', CUSTOMER],
    [`{"customer_id":"${CUSTOMER.toUpperCase()}"}`, 'customer_id', CUSTOMER],
    [`{"customer_id":"{${CUSTOMER}}"}`, 'customer_id', CUSTOMER],
    [`{"customer_id":"urn:uuid:${CUSTOMER}"}`, 'customer_id', CUSTOMER],
    [`{"customer_id":"${CUSTOMER.replaceAll('-', '')}"}`, 'customer_id', CUSTOMER],
    ['{"extension":"1"}', 'extension', '1'],
    ['{"extension":""}', 'extension', ''],
    ['{"extension":"1","extension":"2"}', 'extension', '2'],
    ['{"extension":1,"extension":"2"}', 'extension', '2'],
    ['{"deleted":false}', 'deleted', false],
    ['{"deleted":true}', 'deleted', true],
  ])('reads each filter', (body, key, value) => {
    expect([...ask('', body).filters]).toEqual([[key, value]]);
  });

  it.each(['customer_id', 'extension', 'deleted'])('refuse every wrong type of %s', (key) => {
    const wrong = ['null', '0', '1000', '[]', '{}', ...(key === 'deleted' ? ['"false"', '1'] : ['true', 'false'])];
    for (const value of wrong) expect(refusedFields('', `{"${key}":${value}}`)).toEqual([key]);
  });

  it.each(['""', '"x"', '"3c1f6a52"'])('refuse %s as a uuid', (value) => {
    expect(refusedFields('', `{"customer_id":${value}}`)).toEqual(['customer_id']);
  });

  it.each(['[]', '"x"', '1', 'true'])('refuse %s as a body', (body) => {
    expect(refusedFields('', body)).toEqual(['body']);
  });

  it('name everything that is wrong at once, and never a value', () => {
    expect(refusedFields('page_size=-1&page_token=x', '{"customer_id":"s3cret","deleted":"s3cret"}').sort()).toEqual([
      'customer_id',
      'deleted',
      'page_size',
      'page_token',
    ]);
    expect(() => ask('', '{"customer_id":"s3cret"}')).not.toThrow(/s3cret/);
  });

  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])('know no %s', (key) => {
    expect(ask('', `{"${key}":{}}`).filters.size).toBe(0);
  });

  it('are only ever what the table of filters names, with the type it names', () => {
    const json = fc.dictionary(
      fc.constantFrom('customer_id', 'extension', 'deleted', 'password', '__proto__'),
      fc.oneof(fc.jsonValue(), fc.constant(CUSTOMER)),
    );
    fc.assert(
      fc.property(json, (filters) => {
        try {
          for (const [key, value] of ask('', JSON.stringify(filters)).filters) {
            expect(typeof value).toBe(SPEC[key] === 'flag' ? 'boolean' : 'string');
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ServiceError);
        }
      }),
    );
  });
});

import fc from 'fast-check';
import { eachRow } from '../../../test/support/each-row';
import { decodePathSegment, parseQuery, parseUri, UriSyntaxError } from './go-uri';

const onlyUriErrors = (work: () => unknown): void => {
  try {
    work();
  } catch (error) {
    if (!(error instanceof UriSyntaxError)) throw error;
  }
};

describe('parseUri', () => {
  eachRow([
    ['/v1/extensions', '/v1/extensions', undefined],
    ['/v1/extensions?', '/v1/extensions', ''],
    ['/v1/trunks?a=%zz;#x?y', '/v1/trunks', 'a=%zz;'],
    ['/v1/extensions/extension/1000?x?y', '/v1/extensions/extension/1000', 'x?y'],
    ['/v1/extensions/extension/a#b?c', '/v1/extensions/extension/a', undefined],
    ['/v1/extensions/extension/a b\u00e9%2F', '/v1/extensions/extension/a b\u00e9%2F', undefined],
    ['//v1/extensions', '/extensions', undefined],
    ['///v1/extensions', '///v1/extensions', undefined],
    ['http://host:80/v1/trunks', '/v1/trunks', undefined],
    ['a:b/v1/trunks', '', undefined],
    ['x?/v1/trunks', 'x', '/v1/trunks'],
    ['/a#\u0001', '/a', undefined],
  ])('splits a URI', (raw, path, query) => {
    expect(parseUri(raw)).toEqual({ path, query });
  });

  eachRow(['/a%zz', '/a%', '/a%4', '/a#%zz', '/a\u0000', '/a?\u001f', '/\u007f', 'a b:c/d', ':x', '//a b/c', '//[/x'])(
    'refuses what is no URI',
    (raw) => {
      expect(() => parseUri(raw)).toThrow(UriSyntaxError);
    },
  );

  it('splits any text or refuses it, and what it accepts can be decoded', () => {
    const raw = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom('/', '%', '2', 'F', '?', '#', ':', 'é')).map((parts) => parts.join('')),
    );
    fc.assert(fc.property(raw, (uri) => onlyUriErrors(() => parseUri(uri))));
    fc.assert(
      fc.property(raw, (uri) => {
        const accepted = `/${encodeURIComponent(uri.replace(/\p{Surrogate}/gu, ''))}`;
        expect(encodeURIComponent(decodePathSegment(parseUri(accepted).path).slice(1))).toBe(accepted.slice(1));
      }),
    );
  });
});

describe('decodePathSegment', () => {
  it.each([
    ['a%20b+c', 'a b+c'],
    ['a%2Fb', 'a/b'],
    ['%C3%a9\u00e9', '\u00e9\u00e9'],
    ['%ff%e2%82x', '\ufffd\ufffd\ufffdx'],
  ])('%s is %s', (raw, decoded) => {
    expect(decodePathSegment(raw)).toBe(decoded);
  });

  it('refuses a bad escape', () => {
    expect(() => decodePathSegment('%4')).toThrow(UriSyntaxError);
  });
});

describe('parseQuery', () => {
  eachRow<[string | undefined, Record<string, string>]>([
    [undefined, {}],
    ['', {}],
    ['page_size=10&page_size=20', { page_size: '10' }],
    ['page_token=2026-01-01+00%3A00:00&Page_Size=1', { page_token: '2026-01-01 00:00:00', Page_Size: '1' }],
    ['a=1;b=2&c=3', { c: '3' }],
    ['a=%zz&a=2&%=x&b', { a: '2', b: '' }],
    ['a=%ff&&=x', { a: '\ufffd', '': 'x' }],
    ['a=b=c', { a: 'b=c' }],
  ])('reads a query', (query, values) => {
    expect(Object.fromEntries(parseQuery(query))).toEqual(values);
  });

  it('never fails', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (query) => parseQuery(query).size >= 0));
  });

  it('reads 10,000 pairs and, like Go, nothing of more', () => {
    expect(parseQuery(`${'a=1&'.repeat(9_999)}b=2`).get('b')).toBe('2');
    expect(parseQuery(`${'a=1&'.repeat(10_000)}b=2`).size).toBe(0);
  });
});

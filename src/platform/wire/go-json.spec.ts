import fc from 'fast-check';
import { decodeJson, JsonSyntaxError, toPlain } from './go-json';

const elapsedMs = (work: () => unknown): number => {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
};

const refused = (work: () => unknown): boolean => {
  try {
    work();
    return false;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return true;
    throw error;
  }
};

const fragment = fc.constantFrom(
  ...['{', '}', '[', ']', ',', ':', '"', '"a"', '"\\u00e9"', '"\\x"', '\\', 'null', 'true', 'nul', '-', '0', '01'],
  ...['1.5', '1.', '.5', '1e5', '+1', ' ', '\n', '\t', '\f', '\u00a0', '\ufeff', '\u0000', '//', '"\u001f"', '"k":1'],
);

describe('decodeJson', () => {
  it('keeps order, duplicates and the text of numbers', () => {
    expect(decodeJson('{"b":1.50,"a":[null,true],"b":"x"}')).toEqual({
      kind: 'object',
      members: [
        ['b', { kind: 'number', text: '1.50' }],
        ['a', { kind: 'array', items: [{ kind: 'null' }, { kind: 'boolean', value: true }] }],
        ['b', { kind: 'string', value: 'x' }],
      ],
    });
  });

  it('accepts exactly what JSON.parse accepts, with the same meaning', () => {
    const text = fc.oneof(
      fc.array(fragment, { maxLength: 9 }).map((parts) => parts.join('')),
      fc.json(),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (json) => {
        fc.pre(!/\d[eE]\+?\d{3}/.test(json));
        let expected: unknown;
        try {
          expected = JSON.parse(json) as unknown;
        } catch {
          expect(refused(() => decodeJson(json))).toBe(true);
          return;
        }
        expect(JSON.stringify(toPlain(decodeJson(json)))).toBe(JSON.stringify(expected));
      }),
      { numRuns: 3000 },
    );
  });

  it('reads any bytes or refuses them as syntax', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void refused(() => decodeJson(Buffer.from(bytes)))));
  });

  it.each([
    ['a lone surrogate escape', '"\\ud800x\\udc00"', '\ufffdx\ufffd'],
    ['a pair', '"\\ud83d\\ude00"', '\u{1f600}'],
    ['a lone surrogate in the text', '"\ud800"', '\ufffd'],
  ])('replaces %s', (_, json, value) => {
    expect(decodeJson(json)).toEqual({ kind: 'string', value });
  });

  it('replaces each invalid byte by itself, in keys too', () => {
    const bytes = Buffer.from('7b2261ff223a22e28222 7d'.replaceAll(' ', ''), 'hex');
    expect(decodeJson(bytes)).toEqual({
      kind: 'object',
      members: [['a\ufffd', { kind: 'string', value: '\ufffd\ufffd' }]],
    });
  });

  it('says where the problem is and nothing of the text', () => {
    expect(() => decodeJson('{"password":"s3cr3t" x}')).toThrow(
      new JsonSyntaxError('invalid JSON at offset 21: expected a comma or the end of the value'),
    );
  });

  it('nests 10,000 deep as Go does and no deeper', () => {
    const nested = (depth: number): string => '[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2);
    expect(refused(() => toPlain(decodeJson(nested(10_000))))).toBe(false);
    expect(refused(() => decodeJson(nested(10_002)))).toBe(true);
  });

  it.each([
    ['unclosed arrays', '['.repeat(1_000_000)],
    ['unclosed objects', '{"a":'.repeat(200_000)],
    ['duplicate keys', `{${'"a":{},'.repeat(140_000)}"a":1}`],
    ['array-index keys', `{${Array.from({ length: 80_000 }, (_, i) => `"${i * 53}":0`).join(',')}}`],
    ['an open string of escapes', `"${'\\u0041'.repeat(170_000)}`],
    ['digits', '1'.repeat(1_000_000)],
    ['white space', ' '.repeat(1_000_000)],
    [
      'bytes that are no UTF-8',
      Buffer.from(`"${'\u20ac'.repeat(300_000)}"`).map((byte) => (byte === 0xac ? 0xe2 : byte)),
    ],
  ])('is done with a megabyte of %s at once', (_, json) => {
    expect(elapsedMs(() => refused(() => toPlain(decodeJson(Buffer.from(json)))))).toBeLessThan(2_000);
  });
});

describe('toPlain', () => {
  it('lets the last duplicate win', () => {
    expect(toPlain(decodeJson('{"a":1,"a":[2]}'))).toEqual({ a: [2] });
  });

  it('treats __proto__ as a key', () => {
    const value = toPlain(decodeJson('{"__proto__":{"admin":true}}')) as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(value['admin']).toBeUndefined();
  });

  it('refuses a number no float64 holds', () => {
    expect(refused(() => toPlain(decodeJson('{"a":1e999}')))).toBe(true);
  });
});

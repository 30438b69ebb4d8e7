import fc from 'fast-check';
import { eachRow } from '../../../test/support/each-row';
import { decodeJson, toPlain } from './go-json';
import { float32, serialize } from './go-serialize';

describe('serialize', () => {
  eachRow<[unknown, string]>([
    [{ b: 1, a: null }, '{"b":1,"a":null}'],
    ['<a href="&">', '"\\u003ca href=\\"\\u0026\\"\\u003e"'],
    ['\u2028\u2029', '"\\u2028\\u2029"'],
    ['\b\f\n\r\t\u0001\u007f/', '"\\b\\f\\n\\r\\t\\u0001\u007f/"'],
    ['\ud800x', '"\\ufffdx"'],
    ['\\ud800', '"\\\\ud800"'],
    ['\\\\\ud800', '"\\\\\\\\\\ufffd"'],
    [{ '<k>': [] }, '{"\\u003ck\\u003e":[]}'],
  ])('writes each value', (value, json) => {
    expect(serialize(value)).toBe(json);
  });

  it('can be read back, with lone surrogates replaced, and holds no raw <, > or &', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('\\', 'u', 'd8', '00', '<', '\ud83d') }),
        (a, b) => {
          const json = serialize([a, b]);
          expect(json).not.toMatch(/[<>&\u2028\u2029]/);
          expect(toPlain(decodeJson(json))).toEqual([a, b].map((text) => text.replace(/\p{Surrogate}/gu, '\ufffd')));
        },
      ),
    );
  });

  it('refuses what has no JSON form', () => {
    expect(() => serialize(undefined)).toThrow(TypeError);
  });
});

describe('float32', () => {
  eachRow([
    [3.0999999046325684, 3.1],
    [3, 3],
    [0, 0],
    [-0.1, -0.1],
    [16777216, 16777216],
    [3.4028234663852886e38, 3.4028235e38],
    [1.401298464324817e-45, 1e-45],
  ])('writes each number', (value, shortest) => {
    expect(float32(value)).toBe(shortest);
  });

  it('reads back as the same float, and no decimal with fewer digits does', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const shortest = float32(value);
        expect(Math.fround(shortest) + 0).toBe(value + 0);
        const digits = shortest.toExponential().replace(/e.*|[-.]/g, '').length;
        if (digits > 1) expect(Math.fround(Number(value.toPrecision(digits - 1)))).not.toBe(value);
      }),
    );
  });
});

import fc from 'fast-check';
import { eachRow } from '../../../test/support/each-row';
import { decodeUtf8 } from './go-utf8';

describe('decodeUtf8', () => {
  eachRow([
    ['c3a9', '\u00e9'],
    ['61ff62', 'a\ufffdb'],
    ['e28278', '\ufffd\ufffdx'],
    ['f0908078', '\ufffd\ufffd\ufffdx'],
    ['eda080', '\ufffd\ufffd\ufffd'],
    ['c0af', '\ufffd\ufffd'],
    ['f4908080', '\ufffd\ufffd\ufffd\ufffd'],
    ['efbbbf61', '\ufeffa'],
    ['80c3', '\ufffd\ufffd'],
  ])('bytes are read as Go reads them', (hex, text) => {
    expect(decodeUtf8(Buffer.from(hex, 'hex'))).toBe(text);
  });

  it('keeps valid text and finds it again after a broken byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(0x80, 0xc0, 0xe2, 0xf0, 0xff), (raw, byte) => {
        const text = raw.toWellFormed();
        const bytes = Buffer.from(text);
        expect(decodeUtf8(bytes)).toBe(text);
        expect(decodeUtf8(Buffer.concat([bytes, Buffer.from([byte, 0x22]), bytes]))).toBe(`${text}\ufffd"${text}`);
      }),
    );
  });
});

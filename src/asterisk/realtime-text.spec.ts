import fc from 'fast-check';
import { eachRow } from '../../test/support/each-row';
import { decodeRealtime, readableRealtime } from './realtime-text';

/** Encodes a text as Asterisk does when it writes a row. */
const encoded = (text: string): string => text.replace(/[;^]/g, (sign) => (sign === ';' ? '^3B' : '^5E'));

describe('a text of the realtime tables', () => {
  eachRow([
    ['a^3Bb', 'a;b'],
    ['a^3bb', 'a^3bb'],
    ['a^5Eb', 'a^b'],
    ['^5E3B', '^3B'],
    ['^5e5E', '^5e5E'],
    ['^5E5e^3B', '^5e;'],
    ['^^3B', '^;'],
    ['a^b', 'a^b'],
    ['^', '^'],
    ['^3', '^3'],
    ['^G1', '^G1'],
    ['caf^C3^A9', 'café'],
    ['^F0^9F^98^80', '😀'],
    ['é^3B😀', 'é;😀'],
    ['', ''],
  ])('is read as Asterisk reads it', (stored, text) => {
    expect(decodeRealtime(stored)).toBe(text);
  });

  it('is decoded for people in lower case too', () => {
    expect(readableRealtime('a^3bb^5e5E^3B^g1^f0^9F^98^80')).toBe('a;b^5E;^g1😀');
  });

  it('comes back from what Asterisk writes, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(decodeRealtime(encoded(text))).toBe(text);
      }),
    );
  });
});

import fc from 'fast-check';
import { eachRow } from '../../test/support/each-row';
import { encodePassword, encodedLength, passwordAsRead } from './asterisk-password';
import { decodeRealtime } from './realtime-text';

/** Reads a column as res_config_odbc does: split at `;`, strip, decode. The text after a `;` is another value. */
function asAsteriskReads(stored: string): string {
  const chunks = stored.split(';').map((chunk) =>
    chunk
      // oxlint-disable-next-line no-control-regex -- everything up to the blank is stripped
      .replace(/^[\u0000-\u0020]+|[\u0000-\u0020]+$/g, '')
      .replace(/\^([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
  );
  return chunks[0] ?? '';
}

const printable = fc
  .string({ unit: 'grapheme' })
  // oxlint-disable-next-line no-control-regex -- control characters are refused before a password gets here
  .map((text) => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ''));
const nasty = fc.string({ unit: fc.constantFrom(';', '^', ' ', '3', 'B', '5', 'E', 'b', ',', 'ä', '😀') });
const password = fc.oneof(printable, nasty);

describe('a password for Asterisk', () => {
  eachRow([
    ['a;b', 'a^3Bb'],
    ['a^b', 'a^5Eb'],
    ['a^41b', 'a^5E41b'],
    [' lead ', '^20lead^20'],
    ['  ', '^20^20'],
    ['in side', 'in side'],
    ['x,y', 'x,y'],
    ['plain', 'plain'],
    ['', ''],
    ['; ', '^3B^20'],
    ['^3B', '^5E3B'],
  ])('is stored so that Asterisk reads it back', (plain, stored) => {
    expect(encodePassword(plain)).toBe(stored);
  });

  it('is read back as the plain password', () => {
    fc.assert(
      fc.property(password, (plain) => {
        expect(asAsteriskReads(encodePassword(plain))).toBe(plain);
      }),
      { numRuns: 2_000 },
    );
  });

  it('decodes to the plain password', () => {
    fc.assert(
      fc.property(fc.oneof(password, fc.string({ unit: 'binary' })), (plain) => {
        expect(decodeRealtime(encodePassword(plain))).toBe(plain);
      }),
      { numRuns: 2_000 },
    );
  });

  eachRow(['a^', 'a^4', 'a^^', '^', '^B', 'x^41^', 'a^ ', 'a^;b'])(
    'is unknown where a stored text ends within an escape',
    (stored) => {
      expect(passwordAsRead(stored)).toContain('\u0000');
    },
  );

  eachRow([
    ['a^g', 'a^g'],
    ['a^b', 'a^b'],
    ['a^3bb', 'a^3bb'],
    ['a^5E', 'a^'],
    [' a^41b ;c', 'aAb'],
  ])('is read from a text that nobody encoded', (stored, read) => {
    expect(passwordAsRead(stored)).toBe(read);
  });

  it('is measured in the characters that are stored', () => {
    expect(encodedLength(';^ ')).toBe(9);
    expect(encodedLength('😀')).toBe(1);
    expect(encodedLength('p'.repeat(80))).toBe(80);
  });
});

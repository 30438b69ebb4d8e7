import fc from 'fast-check';
import { eachRow } from '../../../test/support/each-row';
import { bytesToUuid, parseUuid, uuidToBytes, ZERO_UUID } from './go-uuid';

const UUID = '3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11';
const HEX = UUID.replaceAll('-', '');

describe('uuid', () => {
  eachRow([UUID, UUID.toUpperCase(), HEX, `{${UUID}}`, `{${HEX}}`, `urn:uuid:${UUID}`, `urn:uuid:${HEX}`])(
    'reads every form of a uuid',
    (text) => {
      expect(parseUuid(text)).toBe(UUID);
    },
  );

  eachRow(['', `{${UUID}`, `URN:UUID:${UUID}`, `{urn:uuid:${UUID}}`, `urn:uuid:{${UUID}}`, `${UUID} `, `${HEX}\n`])(
    'refuses what is no uuid',
    (text) => {
      expect(parseUuid(text)).toBeUndefined();
    },
  );

  it('goes to the column and back', () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        expect(bytesToUuid(uuidToBytes(uuid))).toBe(uuid);
        expect(uuidToBytes(uuid).toString('hex')).toBe(uuid.replaceAll('-', ''));
      }),
    );
    expect(uuidToBytes(ZERO_UUID)).toEqual(Buffer.alloc(16));
  });

  it('refuses what is not 16 bytes', () => {
    expect(() => uuidToBytes('x')).toThrow(TypeError);
    expect(() => bytesToUuid(Buffer.alloc(15))).toThrow(TypeError);
  });
});

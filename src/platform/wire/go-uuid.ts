export const ZERO_UUID = '00000000-0000-0000-0000-000000000000';

const BYTES = 16;
const DIGITS = Buffer.from('0123456789abcdef', 'latin1');
const TEXT = Buffer.from(ZERO_UUID, 'latin1');
/** Where the digits of each byte are in the text. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

const PLAIN = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32})$/i;

/** The forms Go's uuid package reads: canonical or 32 digits, either case, bare, in braces or behind `urn:uuid:`. */
export function parseUuid(text: string): string | undefined {
  if (text.length > 45) return undefined;
  const plain = unwrap(text);
  return PLAIN.test(plain) ? fromHex(plain.replaceAll('-', '').toLowerCase()) : undefined;
}

/** A BINARY(16) column: big-endian, in text order. */
export function uuidToBytes(uuid: string): Buffer {
  const canonical = parseUuid(uuid);
  if (canonical === undefined) throw new TypeError('not a uuid');
  return Buffer.from(canonical.replaceAll('-', ''), 'hex');
}

/** Writes into one buffer: a page of a list has hundreds of uuids, and parts of strings would be garbage. */
export function bytesToUuid(bytes: Buffer): string {
  if (bytes.length !== BYTES) throw new TypeError('a uuid has 16 bytes');
  for (let at = 0; at < BYTES; at++) {
    const byte = bytes[at] as number;
    const place = PLACES[at] as number;
    TEXT[place] = DIGITS[byte >> 4] as number;
    TEXT[place + 1] = DIGITS[byte & 0xf] as number;
  }
  return TEXT.toString('latin1');
}

function unwrap(text: string): string {
  if (text.startsWith('{') && text.endsWith('}')) return text.slice(1, -1);
  return text.startsWith('urn:uuid:') ? text.slice(9) : text;
}

/** 32 digits in lower case as a uuid. */
export function fromHex(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

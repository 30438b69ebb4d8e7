export const ZERO_UUID = '00000000-0000-0000-0000-000000000000';

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

export function bytesToUuid(bytes: Buffer): string {
  if (bytes.length !== 16) throw new TypeError('a uuid has 16 bytes');
  return fromHex(bytes.toString('hex'));
}

function unwrap(text: string): string {
  if (text.startsWith('{') && text.endsWith('}')) return text.slice(1, -1);
  return text.startsWith('urn:uuid:') ? text.slice(9) : text;
}

/** 32 digits in lower case as a uuid. */
export function fromHex(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

import { isUtf8 } from 'node:buffer';

/**
 * Bytes to text as Go ranges over a string: every byte that is not part of a valid sequence becomes one U+FFFD.
 * (`Buffer.toString` replaces a truncated sequence as a whole, so the lengths would differ.)
 */
export function decodeUtf8(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const parts: string[] = [];
  let start = 0;
  let at = 0;
  while (at < bytes.length) {
    const width = sequenceLength(bytes, at);
    if (width > 0) {
      at += width;
      continue;
    }
    parts.push(bytes.toString('utf8', start, at), '\ufffd');
    at += 1;
    start = at;
  }
  parts.push(bytes.toString('utf8', start, at));
  return parts.join('');
}

/** Length of the valid UTF-8 sequence at `at`, 0 when there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  const end = at + length;
  return end <= bytes.length && isUtf8(bytes.subarray(at, end)) ? length : 0;
}

const ESCAPES = /(?:\^[0-9A-Fa-f]{2})+/g;

/**
 * Decodes a text as Asterisk's realtime layer does. Asterisk writes `;` as `^3B` and `^` as `^5E`. It reads every
 * `^HH`, in upper or lower case, as one byte, in a single pass from left to right. A lone `^` stays.
 */
export function decodeRealtime(stored: string): string {
  return stored.replace(ESCAPES, (run) => Buffer.from(run.replaceAll('^', ''), 'hex').toString('utf8'));
}

const ESCAPES = /(?:\^[0-9A-Fa-f]{2})+/g;

/**
 * A text as Asterisk's realtime layer reads it from a row. It writes `;` as `^3B` and `^` as `^5E`, and reads every `^HH`
 * as a byte, in either case, once from left to right. A lone `^` stays.
 */
export function decodeRealtime(stored: string): string {
  return stored.replace(ESCAPES, (run) => Buffer.from(run.replaceAll('^', ''), 'hex').toString('utf8'));
}

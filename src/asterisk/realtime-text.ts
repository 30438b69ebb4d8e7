const ESCAPES = /(?:\^[0-9A-F]{2})+/g;
const ESCAPES_IN_ANY_CASE = /(?:\^[0-9A-F]{2})+/gi;

/**
 * Decodes a text as Asterisk's realtime layer does. Asterisk writes `;` as `^3B` and `^` as `^5E`. It reads every
 * `^HH` in upper case as one byte, in a single pass from left to right. A lone `^` stays.
 */
export function decodeRealtime(stored: string): string {
  return decode(stored, ESCAPES);
}

/** For people: another program may have written a row in lower case. */
export function readableRealtime(stored: string): string {
  return decode(stored, ESCAPES_IN_ANY_CASE);
}

function decode(stored: string, escapes: RegExp): string {
  return stored.replace(escapes, (run) => Buffer.from(run.replaceAll('^', ''), 'hex').toString('utf8'));
}

/** Asterisk strips every character up to U+0020 at either end. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
export const OUTER_BLANKS = /^[\u0000-\u0020]+|[\u0000-\u0020]+$/g;

/** The values that Asterisk reads from a column: it splits the text at `;`, strips, leaves out what is empty, and decodes. */
export function valuesAsRead(stored: string): string[] {
  return stored.split(';').flatMap((value) => decodeRealtime(value.replace(OUTER_BLANKS, '')) || []);
}

/** Of the words of Asterisk's yes-or-no columns, those that mean yes. */
export function isYes(value: string | null | undefined): boolean {
  return ['yes', 'true', 'on', '1'].includes(value ?? '');
}

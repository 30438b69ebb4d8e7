import { characterCount } from '../platform/wire/text.rules';
import { decodeRealtime } from './realtime-text';

/** `ps_auths.password` holds so many characters. */
export const ENCODED_PASSWORD_MAX = 80;

/** What Asterisk strips: every byte up to the blank. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const OUTER_BLANKS = /^[\u0000-\u0020]+|[\u0000-\u0020]+$/g;

/**
 * A password as Asterisk's ODBC layer must find it: that layer splits at `;`, strips blanks at either end and decodes
 * `^HH`, in this order, on every read.
 */
export function encodePassword(password: string): string {
  return password
    .replaceAll('^', '^5E')
    .replaceAll(';', '^3B')
    .replace(OUTER_BLANKS, (blanks) => blanks.replace(/./gs, escaped));
}

/** What Asterisk makes of the column's text: it splits, strips and decodes, in this order. */
export function passwordAsRead(stored: string): string {
  return decodeRealtime((stored.split(';')[0] ?? '').replace(OUTER_BLANKS, ''));
}

function escaped(character: string): string {
  return `^${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Length in the column's unit, characters. */
export function encodedLength(password: string): number {
  return characterCount(encodePassword(password));
}

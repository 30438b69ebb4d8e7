import { characterCount } from '../platform/wire/text.rules';
import { decodeRealtime, OUTER_BLANKS } from './realtime-text';

/** The length of the column `ps_auths.password`, in characters. */
export const ENCODED_PASSWORD_MAX = 80;

/**
 * Encodes a password for the column. On every read, Asterisk's ODBC layer splits the text at `;`, strips blanks at
 * either end and decodes `^HH`, in this order.
 */
export function encodePassword(password: string): string {
  return password
    .replaceAll('^', '^5E')
    .replaceAll(';', '^3B')
    .replace(OUTER_BLANKS, (blanks) => blanks.replace(/./gs, escaped));
}

/** Asterisk takes the end of the text for a hexadecimal digit, and goes on with the memory behind it. */
const OPEN_END = /\^[0-9A-F]?$/;

/**
 * The password that Asterisk reads from the column: it splits, strips and decodes, in this order. With a NUL, which no
 * password has, where nobody knows what it reads.
 */
export function passwordAsRead(stored: string): string {
  const text = (stored.split(';')[0] ?? '').replace(OUTER_BLANKS, '');
  return OPEN_END.test(text) ? `${text}\u0000` : decodeRealtime(text);
}

function escaped(character: string): string {
  return `^${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** The length of the encoded password in characters, the unit of the column. */
export function encodedLength(password: string): number {
  return characterCount(encodePassword(password));
}

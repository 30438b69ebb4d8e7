import { randomInt } from 'node:crypto';

/** No characters that look alike, and none that is special in a shell, a URI or a phone configuration file. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';
const LENGTH = 24;

/** A random password of about 139 bits. */
export function generatePassword(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
}

/** The mask of a password; its length does not depend on the password. */
export function maskedPassword(password: string): string {
  return password === '' ? '(none)' : '********';
}

import { randomInt } from 'node:crypto';

/** No look-alikes, and nothing that a shell, a URI or a configuration file of a phone would read as its own. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';
const LENGTH = 24;

/** Some 139 bits from the system's secure source. */
export function generatePassword(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
}

/** What stands for a password that is not shown; its length tells nothing. */
export function maskedPassword(password: string): string {
  return password === '' ? '(none)' : '********';
}

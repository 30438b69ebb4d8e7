import { maskCredentials } from '../../config/rules';

export const REDACTED = '[REDACTED]';
export const UNPARSEABLE_BODY = '[unparseable body redacted]';

const SENSITIVE = /(?:password|passwd|secret|token|credentials?|_cred|hash)$|^(?:authorization|cookie|set-cookie)$/;
const ADDRESS = /(?:dsn|address|dsn_bin|dsn_asterisk|dsnbin|dsnasterisk|url)$/;
const BODY = /^(?:data|body|payload|content|raw)$/;

/** Go compares keys case-insensitively by Unicode folding, so `paſſword` is a password there and must be one here. */
function fold(key: string): string {
  return key.normalize('NFKC').toLowerCase().trim();
}

export function isSensitiveKey(key: string): boolean {
  return SENSITIVE.test(fold(key));
}

export function isAddressKey(key: string): boolean {
  return ADDRESS.test(fold(key));
}

export function isBodyKey(key: string): boolean {
  return BODY.test(fold(key));
}

const URL_USERINFO = /([A-Za-z][A-Za-z0-9+.-]{0,20}:\/\/[^\s:@/"']{0,256}):[^\s"']{0,1024}@/g;
const DSN_USERINFO = /:[^\s"']{0,1024}@(tcp[46]?|unix)\(/g;
const ASSIGNMENT =
  /((?:password|passwd|secret|token|credentials?|hash)\\{0,8}["']?\s{0,4}[=:]\s{0,4})(?:\\{0,8}["'][^"']{0,1024}["']?|[^\s&"',;}]{1,1024})/giu;

/** Hides credentials inside free text: URLs and DSNs with a password, `password=…`. */
export function maskText(text: string): string {
  return text
    .replace(URL_USERINFO, `$1:${REDACTED}@`)
    .replace(DSN_USERINFO, `:${REDACTED}@$1(`)
    .replace(ASSIGNMENT, `$1${REDACTED}`);
}

export function maskAddress(address: string): string {
  return maskText(maskCredentials(address));
}

/** Whether a text that looks like JSON but does not parse may hold a secret under a key. */
export function hintsAtSecret(text: string): boolean {
  return /^\s*[[{]/.test(text) && /passw|secret|token|credential|hash|\\u/iu.test(text);
}

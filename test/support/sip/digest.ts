import { createHash, randomBytes } from 'node:crypto';

export interface Credentials {
  /** The user name in the digest. */
  readonly username: string;
  /** As the user typed it; hashed as UTF-8. */
  readonly password: string;
}

export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string | undefined;
  readonly qop?: string | undefined;
}

const md5 = (text: string): string => createHash('md5').update(text, 'utf8').digest('hex');
const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`;

/** Reads a challenge of RFC 7616 with the algorithm MD5; undefined for another algorithm. */
export function challengeOf(header: string): Challenge | undefined {
  const found = [...header.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)];
  const values = new Map(found.map(([, name = '', text, token = '']) => [name.toLowerCase(), text ?? token]));
  if (!/^(MD5)?$/i.test(values.get('algorithm') ?? '')) return undefined;
  const { realm = '', nonce = '', opaque, qop } = Object.fromEntries(values);
  return { realm, nonce, opaque, qop };
}

/** The value of an Authorization header (RFC 7616, MD5). */
export function authorization(
  challenge: Challenge,
  { username, password }: Credentials,
  method: string,
  uri: string,
): string {
  const { realm, nonce, opaque, qop } = challenge;
  const secret = md5(`${username}:${realm}:${password}`);
  const action = md5(`${method}:${uri}`);
  const cnonce = randomBytes(8).toString('hex');
  const hasQop = qop?.split(',').some((word) => word.trim() === 'auth') === true;
  const response = md5([secret, nonce, ...(hasQop ? ['00000001', cnonce, 'auth'] : []), action].join(':'));
  return [
    `Digest username=${quoted(username)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    `response="${response}"`,
    'algorithm=MD5',
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(hasQop ? ['qop=auth', 'nc=00000001', `cnonce="${cnonce}"`] : []),
  ].join(', ');
}

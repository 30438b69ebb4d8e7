import { createHash } from 'node:crypto';
import type { WholeRow } from '../asterisk/whole-row';
import type { ExtensionRow } from '../extension/extension.entity';

const ALGORITHMS: Readonly<Record<string, string>> = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' };
/** Asterisk's, for a row without one. */
const DEFAULT_REALM = 'asterisk';

type Account = Pick<ExtensionRow, 'username' | 'password'>;

/** What the digests of an auth row, which Asterisk prefers to its password, say of the record's password. */
export type DigestState = 'none' | 'same' | 'other' | 'other, MD5';

export function digestState(
  { md5_cred: cred, password_digest: digests, realm }: WholeRow,
  account: Account,
): DigestState {
  const stored = [
    ...(cred ? [['MD5', cred] as const] : []),
    ...(digests ? digests.split(',').map((entry) => splitEntry(entry.trim())) : []),
  ];
  if (stored.length === 0) return 'none';
  const others = stored.filter(
    ([algorithm, digest]) => digest !== expected(algorithm, realm || DEFAULT_REALM, account),
  );
  if (others.length === 0) return 'same';
  // Every phone knows MD5, and few know another one.
  return others.some(([algorithm]) => algorithm === 'MD5' || !(algorithm in ALGORITHMS)) ? 'other, MD5' : 'other';
}

function splitEntry(entry: string): readonly [algorithm: string, digest: string] {
  const at = entry.indexOf(':');
  return [entry.slice(0, Math.max(0, at)).toUpperCase(), entry.slice(at + 1).toLowerCase()];
}

function expected(algorithm: string, realm: string, { username, password }: Account): string | undefined {
  const hash = ALGORITHMS[algorithm];
  return hash === undefined ? undefined : createHash(hash).update(`${username}:${realm}:${password}`).digest('hex');
}

import { createHash } from 'node:crypto';
import { eachRow } from '../../test/support/each-row';
import type { WholeRow } from '../asterisk/whole-row';
import { digestState } from './credential-digest';

const account = { username: '2001', password: 'pw' };
const hash = (algorithm: string, password = 'pw', realm = 'r'): string =>
  createHash(algorithm).update(`2001:${realm}:${password}`).digest('hex');

eachRow<[WholeRow, string]>([
  [{}, 'none'],
  [{ md5_cred: '', password_digest: null }, 'none'],
  [{ md5_cred: hash('md5') }, 'same'],
  [{ md5_cred: hash('md5', 'old') }, 'other, MD5'],
  [{ password_digest: `MD5:${hash('md5')}` }, 'same'],
  [{ password_digest: `md5:${hash('md5').toUpperCase()}, SHA-256:${hash('sha256')}` }, 'same'],
  [{ password_digest: `SHA-512-256:${hash('sha512-256')}` }, 'same'],
  [{ password_digest: `SHA-256:${hash('sha256', 'old')}` }, 'other'],
  [{ password_digest: `MD5:${hash('md5', 'old')}` }, 'other, MD5'],
  [{ password_digest: 'nonsense' }, 'other, MD5'],
  [{ password_digest: 'constructor:0' }, 'other, MD5'],
  [{ md5_cred: hash('md5', 'pw', 'asterisk'), realm: null }, 'same'],
])('what the digests of an auth row say of the password', (row, state) => {
  expect(digestState({ realm: 'r', ...row }, account)).toBe(state);
});

import { passwordAsRead } from '../asterisk/asterisk-password';
import type { Login, PsAuthRow, StoredAor, StoredAuth, StoredEndpoint } from '../asterisk/asterisk.service';
import { sipAuthOf, type SipAccount, type StoredSipAuth } from '../sip-auth/sip-auth.service';
import type { Digest } from './digest';

/*
 * What the digest holds of a row: the columns that comparison.ts compares. It may make more of a difference than
 * comparison.ts does, never less.
 */

/** The rows of a login; `expected` is the auth row that the record requires. */
export function requireLogin(digest: Digest, login: Login, expected: PsAuthRow): void {
  const { aorId, authId, endpointId, password } = login;
  digest.require('aor', aorId, []);
  digest.require('auth', authId, [expected.authType, expected.username, password, expected.realm, null]);
  digest.require('endpoint', endpointId, [aorId, authId]);
}

export function meetAor(digest: Digest, { id }: StoredAor): void {
  digest.meet('aor', id, []);
}

export function meetAuth(digest: Digest, stored: StoredAuth): void {
  const { id, authType, username, password, realm, hasFurtherSecret } = stored;
  const secret = hasFurtherSecret ? 'further secret' : null;
  digest.meet('auth', id, [authType, username, passwordAsRead(password ?? ''), realm, secret]);
}

export function meetEndpoint(digest: Digest, { id, aors, auth }: StoredEndpoint): void {
  digest.meet('endpoint', id, [aors, auth]);
}

export function requireAccount(digest: Digest, account: SipAccount): void {
  digest.require('sip_auth', account.id, fieldsOf(sipAuthOf(account)));
}

export function meetSipAuth(digest: Digest, stored: StoredSipAuth): void {
  digest.meet('sip_auth', stored.id, fieldsOf(stored));
}

function fieldsOf(row: Omit<StoredSipAuth, 'id'>): (string | null)[] {
  const { referenceType, authTypes, realm, username, password, allowedIps } = row;
  return [referenceType, textOf(authTypes), realm, username, password, textOf(allowedIps)];
}

/** The order of the entries does not matter. A column that holds no list is like none. */
function textOf(list: readonly string[] | undefined): string | null {
  if (list === undefined) return null;
  return list.length === 0 ? '[]' : JSON.stringify([...list].sort());
}

import { passwordAsRead } from '../asterisk/asterisk-password';
import type { Login, LoginPart, LoginRows, PsAuthRow } from '../asterisk/asterisk.service';
import { sipAuthOf, type SipAccount, type SipAuthRow, type StoredSipAuth } from '../sip-auth/sip-auth.service';
import type { Finding } from './drift';

const PARTS: readonly LoginPart[] = ['aor', 'auth', 'endpoint'];

/**
 * Compares the rows of a login with its record, in the columns that decide about access; operators may set the others.
 * `expected` is the auth row that the record requires.
 */
export function compareLogin(login: Login, expected: PsAuthRow, rows: LoginRows): Finding[] {
  const missing = PARTS.filter((part) => rows[part] === undefined);
  const { auth, endpoint } = rows;
  const differing = [
    ...(auth && auth.authType !== expected.authType ? ['auth.auth_type'] : []),
    ...(auth && auth.username !== expected.username ? ['auth.username'] : []),
    ...(auth && !opensWith(auth.password ?? '', login.password, expected.password) ? ['auth.password'] : []),
    ...(auth && auth.realm !== expected.realm ? ['auth.realm'] : []),
    ...(auth && rows.hasFurtherSecret === true ? ['auth.digest'] : []),
    ...(endpoint && endpoint.aors !== login.aorId ? ['endpoint.aors'] : []),
    ...(endpoint && endpoint.auth !== login.authId ? ['endpoint.auth'] : []),
  ];
  return [...findings('login_missing', missing), ...findings('login_differs', differing)];
}

/** Compares the row that Kamailio reads with the account, and checks that the account has a password. */
export function compareAccount(account: SipAccount, stored: StoredSipAuth | undefined): Finding[] {
  return [...compareSipAuth(sipAuthOf(account), stored), ...compareOpenness(account)];
}

/** Compares the row that Kamailio reads with the expected one, without the times. */
export function compareSipAuth(expected: SipAuthRow, stored: StoredSipAuth | undefined): Finding[] {
  if (stored === undefined) return findings('sip_auth_missing', ['sip_auth']);
  return findings('sip_auth_differs', [
    ...(stored.referenceType !== expected.referenceType ? ['reference_type'] : []),
    ...(hasSameEntries(stored.authTypes, expected.authTypes) ? [] : ['auth_types']),
    ...(stored.realm !== expected.realm ? ['realm'] : []),
    ...(stored.username !== expected.username ? ['username'] : []),
    ...(stored.password !== expected.password ? ['password'] : []),
    ...(hasSameEntries(stored.allowedIps, expected.allowedIps) ? [] : ['allowed_ips']),
  ]);
}

/** Finds a living record that requires a password and has none. The original stored such records. */
export function compareOpenness({ password, authTypes }: Pick<SipAccount, 'password' | 'authTypes'>): Finding[] {
  const isOpen = password === '' && authTypes.includes('basic');
  return findings('open_account', isOpen ? ['password'] : []);
}

function findings(kind: Finding['kind'], what: readonly string[]): Finding[] {
  return what.length > 0 ? [{ kind, what }] : [];
}

/** Rows of the original hold the plain text, which is right if Asterisk reads it unchanged. */
function opensWith(stored: string, password: string, encoded: string | null): boolean {
  return stored === encoded || passwordAsRead(stored) === password;
}

function hasSameEntries(stored: readonly string[] | undefined, expected: readonly string[]): boolean {
  if (stored?.length !== expected.length) return false;
  const wanted = [...expected].sort();
  return [...stored].sort().every((entry, at) => entry === wanted[at]);
}

import type { StoredSipAuth } from '../sip-auth/sip-auth.service';
import { isInSubnet } from '../sip-auth/subnet';
import type { LivingTrunk } from '../trunk/trunk.login';

/** Why no trunk takes a call, and what the operator can type. */
export interface Refusal {
  readonly reason: string;
  readonly advice: string;
}

/** An account of the realm: its record, its row, or both. */
export interface RealmAccount {
  readonly id: string;
  readonly record: LivingTrunk | undefined;
  readonly row: StoredSipAuth | undefined;
  readonly differing: readonly string[];
  /** The record has `basic` and no password, so no row has its user name. */
  readonly lacksPassword: boolean;
  readonly isRepairable: boolean;
}

export interface RefusedCall {
  readonly source: string;
  /** That of a trunk with this realm; `undefined` where no trunk can have it. */
  readonly domainName?: string | undefined;
  readonly realm?: string;
  readonly username: string | undefined;
  readonly accounts: readonly RealmAccount[];
  readonly takenByExtension?: string | undefined;
}

const PROGRAM = 'registrar-control';
/** Safe to paste; rows of the original hold any text. */
const PLAIN = /^[0-9A-Fa-f.:/]+$/;
const DOMAIN_NAME = /^[A-Za-z][A-Za-z0-9.-]{1,30}$/;

export function refusalOf(call: RefusedCall): Refusal {
  const { source, realm, domainName = '', accounts, takenByExtension } = call;
  if (realm === undefined) {
    const advice = `${PROGRAM} trunk update --id ID --allowed-ips LIST, with ${source} in the list; or look at one trunk with --domain`;
    return { reason: 'no trunk has the address in its allowed_ips', advice };
  }
  if (takenByExtension !== undefined) {
    const reason = `the extension ${takenByExtension} takes it by its password; no trunk does`;
    return { reason, advice: `${PROGRAM} extension get --id ${takenByExtension}` };
  }
  const strange = accounts.find(({ record, differing }) => record !== undefined && differing.length > 0);
  if (strange !== undefined) return differs(strange);
  const trunks = accounts.filter(({ row }) => row?.referenceType !== 'extension');
  const [first] = trunks;
  if (first === undefined) {
    const name = DOMAIN_NAME.test(domainName) ? domainName : 'NAME';
    const advice = `${PROGRAM} trunk create --customer-id ID --domain ${name} --allowed-ips ${source}`;
    return { reason: `no trunk has the realm ${realm}`, advice };
  }
  return call.username === undefined ? byAddress(call, trunks, first) : byUsername(call.username, trunks, first);
}

function differs({ id, row, differing, isRepairable }: RealmAccount): Refusal {
  const what = row === undefined ? 'has no row for Kamailio' : `has another row for Kamailio (${differing.join(', ')})`;
  const advice = isRepairable ? `${PROGRAM} reconcile` : `${PROGRAM} trunk update --id ${id} --detail TEXT`;
  return { reason: `the trunk ${id} ${what}`, advice };
}

function byAddress({ source }: RefusedCall, trunks: readonly RealmAccount[], first: RealmAccount): Refusal {
  const listing = trunks.find(({ row }) => row?.allowedIps?.some((net) => isInSubnet(source, net)) === true);
  if (listing !== undefined) {
    const isOpen = listing.row?.authTypes?.includes('ip') === true;
    const reason = isOpen
      ? `the trunk ${listing.id} has the address behind the first 1,000 entries of its realm, where Kamailio stops`
      : `the trunk ${listing.id} has the address, but ip is not among its auth_types`;
    return { reason, advice: addressesOf(listing.id, listing.row?.allowedIps ?? []) };
  }
  const byPassword = first.row?.authTypes?.includes('basic') === true;
  const hint = byPassword ? '; with its password a caller may get in from any address: give --username' : '';
  const addresses = first.row?.allowedIps ?? [];
  const reason = `none of the ${addresses.length} allowed_ips of the trunk ${first.id} holds the address${hint}`;
  return { reason, advice: addressesOf(first.id, [...addresses, source]) };
}

function byUsername(username: string, trunks: readonly RealmAccount[], first: RealmAccount): Refusal {
  const open = trunks.find(({ lacksPassword }) => lacksPassword);
  if (open !== undefined) {
    const reason = `the trunk ${open.id} has basic among its auth_types and no password`;
    return { reason, advice: passwordOf(open.id) };
  }
  const named = trunks.find(({ row }) => row?.username?.toLowerCase() === username.toLowerCase());
  if (named === undefined) {
    const reason = `the address is not among the allowed_ips of the trunk ${first.id}, and no digest account of it has this user name`;
    return { reason, advice: passwordOf(first.id, 'NAME') };
  }
  const isOpen = named.row?.authTypes?.includes('basic') === true;
  const reason = isOpen
    ? `Kamailio finds no account with a password for this user name in the row of the trunk ${named.id}`
    : `the trunk ${named.id} has this user name, but basic is not among its auth_types`;
  return { reason, advice: passwordOf(named.id, 'NAME') };
}

function passwordOf(id: string, username?: string): string {
  const name = username === undefined ? '' : ` --username ${username}`;
  return `${PROGRAM} trunk update --id ${id}${name} --generate-password`;
}

function addressesOf(id: string, addresses: readonly string[]): string {
  const isShort = addresses.length <= 5 && addresses.every((entry) => PLAIN.test(entry));
  return `${PROGRAM} trunk update --id ${id} --allowed-ips ${isShort ? addresses.join(',') : 'LIST'}`;
}

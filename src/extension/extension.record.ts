import { randomUUID } from 'node:crypto';
import { endpointIdentity } from '../asterisk/endpoint-identity';
import type { Login } from '../asterisk/asterisk.service';
import type { Direct } from '../clients/direct.client';
import type { SipAccount } from '../sip-auth/sip-auth.service';
import type { CreateExtensionDto } from './extension.dto';
import type { ExtensionRow } from './extension.entity';

/** A new record as it will be stored. `now` is UTC, `YYYY-MM-DD hh:mm:ss.ffffff`. */
export function newExtension(
  request: CreateExtensionDto,
  baseDomain: string,
  now: string,
): Omit<ExtensionRow, 'directId' | 'directHash'> {
  return {
    id: randomUUID(),
    customerId: request.customerId,
    name: request.name,
    detail: request.detail,
    ...endpointIdentity(request.customerId, request.extension, baseDomain),
    extension: request.extension,
    domainName: request.customerId,
    username: request.username || request.extension,
    password: request.password,
    tmCreate: now,
    tmUpdate: null,
    tmDelete: null,
  };
}

export function withDirect(record: Omit<ExtensionRow, 'directId' | 'directHash'>, direct: Direct): ExtensionRow {
  return { ...record, directId: direct.id, directHash: direct.hash };
}

/** What Asterisk is to know of a record. */
export function loginOf(record: ExtensionRow): Login {
  const { realm, endpointId, aorId, authId, username, password } = record;
  return { realm, endpointId, aorId, authId, username, password };
}

/** What Kamailio is to know of a record. */
export function sipAccountOf(record: ExtensionRow): SipAccount {
  return {
    id: record.id,
    referenceType: 'extension',
    authTypes: ['basic'],
    realm: record.realm,
    username: record.username,
    password: record.password,
    allowedIps: [],
    tmCreate: record.tmCreate,
    tmUpdate: record.tmUpdate,
  };
}

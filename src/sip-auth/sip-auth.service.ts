import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { isReadAsMeant } from './allowed-network';
import type { SipAuthRow } from './sip-auth.entity';
import { SipAuthRepository, type StoredSipAuth } from './sip-auth.repository';

export type { StoredSipAuth };

/** An extension or trunk, as far as Kamailio is concerned. */
export interface SipAccount {
  readonly id: string;
  readonly referenceType: 'extension' | 'trunk';
  readonly authTypes: readonly string[];
  readonly realm: string;
  readonly username: string;
  readonly password: string;
  readonly allowedIps: readonly string[];
  readonly tmCreate: string | null;
  readonly tmUpdate: string | null;
}

/** What Kamailio lets in. */
@Injectable()
export class SipAuthService {
  constructor(private readonly repository: SipAuthRepository) {}

  async project(bin: EntityManager, account: SipAccount): Promise<void> {
    await this.repository.save(bin, sipAuthOf(account));
  }

  async remove(bin: EntityManager, id: string): Promise<void> {
    await this.repository.delete(bin, id);
  }

  /** Rows as Kamailio sees them; on the transaction's connection, or on one of its own. */
  findStored(ids: readonly string[], bin?: EntityManager): Promise<StoredSipAuth[]> {
    if (bin) return this.repository.findStored(bin, ids);
    return this.repository.read((manager) => this.repository.findStored(manager, ids));
  }

  /** Id and realm of all rows in key order, after `afterId`. */
  listRealms(afterId: string | undefined, limit: number): Promise<{ id: string; realm: string }[]> {
    return this.repository.listRealms(afterId, limit);
  }
}

/**
 * The row of an account. Kamailio ignores auth_types when it checks a digest and takes an empty password as one, so the
 * credentials are there only when `basic` is wanted and both are set (design §4). Nor does an entry that it would take for
 * every address come along.
 */
export function sipAuthOf(account: SipAccount): SipAuthRow {
  const opens = account.authTypes.includes('basic') && account.username !== '' && account.password !== '';
  return {
    id: account.id,
    referenceType: account.referenceType,
    authTypes: [...account.authTypes],
    realm: account.realm,
    username: opens ? account.username : null,
    password: opens ? account.password : null,
    allowedIps: account.allowedIps.filter(isReadAsMeant),
    tmCreate: account.tmCreate,
    tmUpdate: account.tmUpdate,
  };
}

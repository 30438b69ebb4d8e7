import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { isAlive } from '../platform/database/alive';
import { Transactions } from '../platform/database/transactions';
import { SipAuthService, type SipAccount } from '../sip-auth/sip-auth.service';
import type { TrunkRow } from './trunk.entity';
import { trunkNotFound } from './trunk.errors';
import { TrunkRepository } from './trunk.repository';

/** The rows that Kamailio reads for trunks. They follow from the record. */
@Injectable()
export class TrunkLogin {
  constructor(
    private readonly trunks: TrunkRepository,
    private readonly sipAuth: SipAuthService,
    private readonly transactions: Transactions,
  ) {}

  project(bin: EntityManager, trunk: TrunkRow): Promise<void> {
    return this.sipAuth.project(bin, sipAccountOf(trunk));
  }

  removeProjection(bin: EntityManager, ...trunks: readonly TrunkRow[]): Promise<void> {
    return this.sipAuth.remove(bin, ...trunks.map(({ id }) => id));
  }

  /** Makes the row that Kamailio reads follow the record. Throws `NOT_FOUND` when there is no record. */
  align(id: string): Promise<TrunkRow> {
    return this.transactions.bin(async (bin) => {
      const trunk = await this.trunks.lock(bin, id);
      if (trunk === null) throw trunkNotFound();
      await (isAlive(trunk) ? this.project(bin, trunk) : this.removeProjection(bin, trunk));
      return trunk;
    });
  }

  /** Living trunks of all customers in id order, after `afterId`. */
  async listAlive(afterId: string | undefined, limit: number): Promise<LivingTrunk[]> {
    return (await this.trunks.listAlive(afterId, limit)).map(livingTrunk);
  }

  /** Those of the living trunks that have one of the ids. */
  async findAlive(ids: readonly string[]): Promise<LivingTrunk[]> {
    return ids.length === 0 ? [] : (await this.trunks.findAlive(ids)).map(livingTrunk);
  }

  /** The living trunk with that domain name, as the record says now. */
  async findByDomain(domainName: string): Promise<LivingTrunk | undefined> {
    const trunk = await this.trunks.findByDomain(domainName);
    return trunk === null ? undefined : livingTrunk(trunk);
  }

  /** Locks the record until the transaction ends; `undefined` when it is not a living one. */
  async lockAlive(bin: EntityManager, id: string): Promise<LivingTrunk | undefined> {
    const trunk = await this.trunks.lock(bin, id);
    return isAlive(trunk) ? livingTrunk(trunk) : undefined;
  }

  /** The ids among these that belong to living trunks. */
  findAliveIds(ids: readonly string[]): Promise<string[]> {
    return this.trunks.findAliveIds(ids);
  }
}

/** The account that a living trunk must have. */
export interface LivingTrunk {
  readonly id: string;
  readonly customerId: string;
  readonly name: string;
  readonly domainName: string;
  readonly account: SipAccount;
}

function livingTrunk(trunk: TrunkRow): LivingTrunk {
  const { id, customerId, name, domainName } = trunk;
  return { id, customerId, name, domainName, account: sipAccountOf(trunk) };
}

/** The account of a record, for Kamailio. */
function sipAccountOf(trunk: TrunkRow): SipAccount {
  const { id, authTypes, realm, username, password, allowedIps, tmCreate, tmUpdate } = trunk;
  return { id, referenceType: 'trunk', authTypes, realm, username, password, allowedIps, tmCreate, tmUpdate };
}

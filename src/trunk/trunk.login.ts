import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { isAlive } from '../platform/database/alive';
import { Transactions } from '../platform/database/transactions';
import { SipAuthService, type SipAccount } from '../sip-auth/sip-auth.service';
import type { TrunkRow } from './trunk.entity';
import { trunkNotFound } from './trunk.errors';
import { TrunkRepository } from './trunk.repository';

/** What Kamailio knows of trunks. The record decides what that is. */
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

  removeProjection(bin: EntityManager, { id }: TrunkRow): Promise<void> {
    return this.sipAuth.remove(bin, id);
  }

  /** Makes what Kamailio reads follow the record, whatever it holds now. Throws `NOT_FOUND` when there is no record at all. */
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

  /** The trunk while it lives, locked until the transaction ends. */
  async lockAlive(bin: EntityManager, id: string): Promise<LivingTrunk | undefined> {
    const trunk = await this.trunks.lock(bin, id);
    return trunk !== null && isAlive(trunk) ? livingTrunk(trunk) : undefined;
  }

  /** Which of these ids are living trunks'. */
  findAliveIds(ids: readonly string[]): Promise<string[]> {
    return this.trunks.findAliveIds(ids);
  }
}

/** What a living trunk asks of Kamailio. */
export interface LivingTrunk {
  readonly id: string;
  readonly domainName: string;
  readonly account: SipAccount;
}

function livingTrunk(trunk: TrunkRow): LivingTrunk {
  return { id: trunk.id, domainName: trunk.domainName, account: sipAccountOf(trunk) };
}

/** What Kamailio is to know of a trunk. */
function sipAccountOf(trunk: TrunkRow): SipAccount {
  const { id, authTypes, realm, username, password, allowedIps, tmCreate, tmUpdate } = trunk;
  return { id, referenceType: 'trunk', authTypes, realm, username, password, allowedIps, tmCreate, tmUpdate };
}

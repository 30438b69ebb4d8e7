import { Injectable } from '@nestjs/common';
import { Transactions } from '../platform/database/transactions';
import { SipAuthService } from '../sip-auth/sip-auth.service';
import { TrunkLogin, type LivingTrunk } from '../trunk/trunk.login';
import { compareAccount } from './comparison';
import { isRepairable, type Finding } from './drift';
import { OwnDomains } from './own-domains';
import type { ReconcileRun } from './reconcile.run';
import type { Pass } from './step';

/** Compares the credentials and addresses of every living trunk with its record, and repairs them. */
@Injectable()
export class TrunkPass implements Pass<LivingTrunk> {
  readonly subject = 'trunk';
  readonly table = 'registrar_trunks';
  readonly keys = 'uuid';

  constructor(
    private readonly trunks: TrunkLogin,
    private readonly sipAuth: SipAuthService,
    private readonly transactions: Transactions,
    private readonly domains: OwnDomains,
  ) {}

  readChunk(after: string | undefined, limit: number): Promise<LivingTrunk[]> {
    return this.trunks.listAlive(after, limit);
  }

  async suspectsAmong(trunks: readonly LivingTrunk[], { digest }: ReconcileRun): Promise<LivingTrunk[]> {
    const own = trunks.filter(
      ({ id, domainName, account }) =>
        digest.differs(id) && this.domains.ownsTrunk({ domainName, realm: account.realm }),
    );
    const stored = await this.sipAuth.findStored(own.map(({ id }) => id));
    const byId = new Map(stored.map((row) => [row.id, row]));
    return own.filter(({ id, account }) => compareAccount(account, byId.get(id)).length > 0);
  }

  repair({ id }: LivingTrunk, { dryRun }: ReconcileRun): Promise<Finding[]> {
    return this.transactions.bin(async (bin) => {
      const trunk = await this.trunks.lockAlive(bin, id);
      if (trunk === undefined) return [];
      const [stored] = await this.sipAuth.findStored([id], bin);
      const findings = compareAccount(trunk.account, stored);
      if (!dryRun && findings.some(isRepairable)) await this.sipAuth.project(bin, trunk.account);
      return findings;
    });
  }
}

import { Injectable } from '@nestjs/common';
import { Transactions } from '../platform/database/transactions';
import { SipAuthService, sipAuthOf, type StoredSipAuth } from '../sip-auth/sip-auth.service';
import type { TrunkRow } from '../trunk/trunk.entity';
import { TrunkService, sipAccountOf } from '../trunk/trunk.service';
import { inChunks } from './chunks';
import { compareOpenness, compareSipAuth } from './comparison';
import { isRepairable, type Finding } from './drift';
import { OwnDomains } from './own-domains';
import type { ReconcileRun } from './reconcile.run';

/** Every living trunk has the credentials and addresses its record says. */
@Injectable()
export class TrunkPass {
  constructor(
    private readonly trunks: TrunkService,
    private readonly sipAuth: SipAuthService,
    private readonly transactions: Transactions,
    private readonly domains: OwnDomains,
  ) {}

  async walk(run: ReconcileRun): Promise<void> {
    const chunks = inChunks(
      (after, limit) => this.trunks.listAlive(after, limit),
      ({ id }) => id,
    );
    for await (const trunks of chunks) {
      run.checkpoint();
      const own = trunks.filter((trunk) => this.domains.ownsTrunk(trunk));
      for (const trunk of trunks) run.saw(own.includes(trunk) ? 'trunks' : 'foreign');
      const stored = await this.sipAuth.findStored(own.map(({ id }) => id));
      const byId = new Map(stored.map((row) => [row.id, row]));
      for (const trunk of own) {
        if (compare(trunk, byId.get(trunk.id)).length === 0) continue;
        await run.settle('trunk', trunk.id, () => this.settle(run, trunk.id));
      }
    }
  }

  private settle(run: ReconcileRun, id: string): Promise<Finding[]> {
    return this.transactions.bin(async (bin) => {
      const trunk = await this.trunks.lockIfAlive(bin, id);
      if (trunk === undefined) return [];
      const [stored] = await this.sipAuth.findStored([id], bin);
      const findings = compare(trunk, stored);
      if (!run.dryRun && findings.some(isRepairable)) await this.trunks.project(bin, trunk);
      return findings;
    });
  }
}

function compare(trunk: TrunkRow, stored: StoredSipAuth | undefined): Finding[] {
  return [...compareSipAuth(sipAuthOf(sipAccountOf(trunk)), stored), ...compareOpenness(trunk)];
}

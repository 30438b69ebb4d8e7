import { Injectable } from '@nestjs/common';
import { ExtensionProvisioning } from '../extension/extension.provisioning';
import { Transactions } from '../platform/database/transactions';
import { SipAuthService } from '../sip-auth/sip-auth.service';
import { TrunkService } from '../trunk/trunk.service';
import { inChunks } from './chunks';
import type { Finding } from './drift';
import { OwnDomains } from './own-domains';
import type { ReconcileRun } from './reconcile.run';

/** No credentials below our base domains are without a living record. */
@Injectable()
export class SipAuthPass {
  constructor(
    private readonly sipAuth: SipAuthService,
    private readonly extensions: ExtensionProvisioning,
    private readonly trunks: TrunkService,
    private readonly transactions: Transactions,
    private readonly domains: OwnDomains,
  ) {}

  async walk(run: ReconcileRun): Promise<void> {
    const chunks = inChunks(
      (after, limit) => this.sipAuth.listRealms(after, limit),
      ({ id }) => id,
    );
    for await (const rows of chunks) {
      run.checkpoint();
      const own = rows.filter(({ realm }) => this.domains.hasRealm(realm)).map(({ id }) => id);
      for (const id of await this.withoutRecord(own)) {
        await run.settle('sip_auth', id, () => this.settle(run, id));
      }
    }
  }

  private async withoutRecord(ids: readonly string[]): Promise<string[]> {
    if (ids.length === 0) return [];
    const alive = new Set(await this.extensions.findAliveIds(ids));
    const rest = ids.filter((id) => !alive.has(id));
    if (rest.length === 0) return [];
    const trunks = new Set(await this.trunks.findAliveIds(rest));
    return rest.filter((id) => !trunks.has(id));
  }

  /** A record and its credentials are written in one transaction, so its lock says all. */
  private settle(run: ReconcileRun, id: string): Promise<Finding[]> {
    return this.transactions.removalFromBin(async (bin) => {
      const isAlive =
        (await this.extensions.lockIfAlive(bin, id)) !== undefined ||
        (await this.trunks.lockIfAlive(bin, id)) !== undefined;
      const [stored] = await this.sipAuth.findStored([id], bin);
      if (isAlive || !this.domains.hasRealm(stored?.realm ?? '')) return [];
      if (!run.dryRun) await this.sipAuth.remove(bin, id);
      return [{ kind: 'sip_auth_without_record', what: ['sip_auth'] }];
    });
  }
}

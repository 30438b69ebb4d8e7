import { Injectable } from '@nestjs/common';
import { ExtensionLogin } from '../extension/extension.login';
import { Transactions } from '../platform/database/transactions';
import { SipAuthService } from '../sip-auth/sip-auth.service';
import { TrunkLogin } from '../trunk/trunk.login';
import type { Finding } from './drift';
import { OwnDomains } from './own-domains';
import type { ReconcileRun } from './reconcile.run';
import type { Pass } from './step';

interface Credentials {
  readonly id: string;
  readonly realm: string;
}

/** Removes credentials below the base domains that have no living record. */
@Injectable()
export class SipAuthPass implements Pass<Credentials> {
  readonly subject = 'sip_auth';
  readonly table = 'registrar_sip_auths';
  readonly keys = 'uuid';

  constructor(
    private readonly sipAuth: SipAuthService,
    private readonly extensions: ExtensionLogin,
    private readonly trunks: TrunkLogin,
    private readonly transactions: Transactions,
    private readonly domains: OwnDomains,
  ) {}

  readChunk(after: string | undefined, limit: number): Promise<Credentials[]> {
    return this.sipAuth.listRealms(after, limit);
  }

  async suspectsAmong(rows: readonly Credentials[], { digest }: ReconcileRun): Promise<Credentials[]> {
    let suspects = rows.filter(({ id, realm }) => digest.differs(id) && this.domains.hasRealm(realm));
    for (const records of [this.extensions, this.trunks]) {
      if (suspects.length === 0) return [];
      const alive = new Set(await records.findAliveIds(suspects.map(({ id }) => id)));
      suspects = suspects.filter(({ id }) => !alive.has(id));
    }
    return suspects;
  }

  /** A record and its credentials are written in one transaction, so the lock of the record is enough. */
  repair({ id }: Credentials, { dryRun }: ReconcileRun): Promise<Finding[]> {
    return this.transactions.removalFromBin(async (bin) => {
      const record = (await this.extensions.lockAlive(bin, id)) ?? (await this.trunks.lockAlive(bin, id));
      const [stored] = await this.sipAuth.findStored([id], bin);
      if (record !== undefined || !this.domains.hasRealm(stored?.realm ?? '')) return [];
      if (!dryRun) await this.sipAuth.remove(bin, id);
      return [{ kind: 'sip_auth_without_record', what: ['sip_auth'] }];
    });
  }
}

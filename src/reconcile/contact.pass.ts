import { Injectable } from '@nestjs/common';
import { AsteriskService } from '../asterisk/asterisk.service';
import { contactsKey } from '../extension/extension.cache';
import { Cache } from '../platform/cache/cache';
import { Transactions } from '../platform/database/transactions';
import { inChunks } from './chunks';
import type { Finding } from './drift';
import { foldId } from './identifier';
import { OwnDomains } from './own-domains';
import type { ReconcileRun } from './reconcile.run';

/** No registration below our base domain is without a login: Asterisk writes one late when a REGISTER meets a delete. */
@Injectable()
export class ContactPass {
  constructor(
    private readonly asterisk: AsteriskService,
    private readonly transactions: Transactions,
    private readonly cache: Cache,
    private readonly domains: OwnDomains,
  ) {}

  async walk(run: ReconcileRun): Promise<void> {
    const chunks = inChunks(
      (after, limit) => this.asterisk.listContactEndpoints(after, limit),
      (endpointId) => endpointId,
    );
    for await (const endpointIds of chunks) {
      run.checkpoint();
      for (const id of await this.withoutLogin(endpointIds)) {
        await run.settle('contact', id, () => this.settle(run, id));
      }
    }
  }

  private async withoutLogin(endpointIds: readonly string[]): Promise<string[]> {
    const own = endpointIds.filter((id) => this.domains.hasLogin(id));
    if (own.length === 0) return [];
    const there = new Set((await this.asterisk.findEndpointIds(own)).map(foldId));
    return own.filter((id) => !there.has(foldId(id)));
  }

  private async settle(run: ReconcileRun, endpointId: string): Promise<Finding[]> {
    if (!run.dryRun) {
      const dropped = await this.transactions.asterisk((asterisk) =>
        this.asterisk.dropStrayContacts(asterisk, endpointId),
      );
      if (dropped === 0) return [];
      await this.cache.forget([contactsKey(endpointId)]);
    }
    return [{ kind: 'contact_without_login', what: ['contacts'] }];
  }
}

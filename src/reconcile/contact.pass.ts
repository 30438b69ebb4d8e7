import { Injectable } from '@nestjs/common';
import { AsteriskContacts } from '../asterisk/asterisk.contacts';
import { AsteriskService } from '../asterisk/asterisk.service';
import { contactsKey } from '../contact/contact.cache';
import { Cache } from '../platform/cache/cache';
import { Transactions } from '../platform/database/transactions';
import type { Finding } from './drift';
import { foldId } from './identifier';
import { OwnDomains } from './own-domains';
import type { ReconcileRun } from './reconcile.run';
import type { Pass } from './step';

/** So many endpoints are read for each contact; beyond that, look-ups are less work. */
const ENDPOINTS_A_CONTACT = 4;

/**
 * Deletes contacts below the base domain that have no endpoint. Asterisk can write one when it handles a REGISTER
 * during a delete.
 */
@Injectable()
export class ContactPass implements Pass<string> {
  readonly subject = 'contact';
  readonly table = 'ps_contacts';
  readonly keys = 'text';
  readonly isAlwaysNeeded = true;

  constructor(
    private readonly asterisk: AsteriskService,
    private readonly contacts: AsteriskContacts,
    private readonly transactions: Transactions,
    private readonly cache: Cache,
    private readonly domains: OwnDomains,
  ) {}

  readChunk(after: string | undefined, limit: number): Promise<string[]> {
    return this.contacts.listEndpointIds(after, limit);
  }

  async suspectsAmong(endpointIds: readonly string[]): Promise<string[]> {
    const own = endpointIds.filter((id) => this.domains.hasLogin(id));
    const [first, last] = [own.at(0), own.at(-1)];
    if (first === undefined || last === undefined) return [];
    // Both tables in one order. What is not found so, as with another collation or few contacts, is looked up.
    const limit = own.length * ENDPOINTS_A_CONTACT;
    const near = new Set((await this.asterisk.listEndpointIdsBetween(first, last, limit)).map(foldId));
    const missing = own.filter((id) => !near.has(foldId(id)));
    if (missing.length === 0) return [];
    const there = new Set((await this.asterisk.findEndpointIds(missing)).map(foldId));
    return missing.filter((id) => !there.has(foldId(id)));
  }

  async repair(endpointId: string, { dryRun }: ReconcileRun): Promise<Finding[]> {
    if (!dryRun) {
      const dropped = await this.transactions.asterisk((asterisk) => this.contacts.deleteStray(asterisk, endpointId));
      if (dropped === 0) return [];
      await this.cache.forget([contactsKey(endpointId)]);
    }
    return [{ kind: 'contact_without_login', what: ['contacts'] }];
  }
}

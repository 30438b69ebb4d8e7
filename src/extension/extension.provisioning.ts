import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AsteriskService } from '../asterisk/asterisk.service';
import { Cache } from '../platform/cache/cache';
import { isAlive } from '../platform/database/alive';
import { Transactions, UncertainOutcome, type OpenTransactions } from '../platform/database/transactions';
import { Log } from '../platform/observability/log/logger';
import { RepairRequests } from '../platform/database/repair-requests';
import { SipAuthService } from '../sip-auth/sip-auth.service';
import { extensionCacheKeys } from './extension.cache';
import { toExtensionReply } from './extension.dto';
import type { ExtensionRow } from './extension.entity';
import { loginOf, sipAccountOf } from './extension.record';
import { ExtensionRepository } from './extension.repository';

/** What became of a change whose end was not seen. */
export type Settlement = 'alive' | 'gone' | 'unknown';

/** Brings what Asterisk and Kamailio know in line with the record. */
@Injectable()
export class ExtensionProvisioning {
  constructor(
    private readonly extensions: ExtensionRepository,
    private readonly asterisk: AsteriskService,
    private readonly sipAuth: SipAuthService,
    private readonly transactions: Transactions,
    private readonly cache: Cache,
    private readonly repairs: RepairRequests,
    private readonly log: Log,
  ) {}

  async project(bin: EntityManager, record: ExtensionRow): Promise<void> {
    await this.sipAuth.project(bin, sipAccountOf(record));
  }

  /**
   * Makes the projection follow the record, whatever it holds now: complete when the record lives, gone when it does not.
   * The record is locked meanwhile, so no change of it can interfere. Throws `NOT_FOUND` when there is no record at all.
   */
  async align(id: string): Promise<ExtensionRow> {
    return this.transactions.recordCommitsFirst('extension.align', async ({ bin, asterisk }) => {
      const record = await this.extensions.lock(bin, id);
      if (isAlive(record)) {
        await this.project(bin, record);
        await this.asterisk.complete(asterisk, loginOf(record));
      } else {
        await this.sipAuth.remove(bin, id);
        await this.removeUnclaimed(bin, asterisk, record);
      }
      return record;
    });
  }

  /** Ends the login of a record that has just died. */
  async takeAway(open: OpenTransactions, record: ExtensionRow): Promise<void> {
    const heir = await this.heirOf(open.bin, record);
    if (heir === undefined) await this.asterisk.revoke(open.asterisk, record);
    else {
      await this.transactions.assertWritable();
      await this.asterisk.complete(open.asterisk, loginOf(heir));
    }
  }

  /** Gives a record that was renumbered its login under the new ids. A login that others share stays with them. */
  async move(open: OpenTransactions, former: ExtensionRow, record: ExtensionRow): Promise<void> {
    const heir = await this.heirOf(open.bin, former);
    if (heir === undefined) {
      await this.asterisk.move(open.asterisk, former, loginOf(record));
      return;
    }
    await this.asterisk.complete(open.asterisk, loginOf(heir));
    await this.asterisk.provision(open.asterisk, loginOf(record));
  }

  /**
   * After an outcome that is not known: looks at the record and goes forward from there. What cannot be settled now is
   * left to reconcile.
   */
  async settle(id: string, outcome: UncertainOutcome): Promise<Settlement> {
    this.log.warning('A change ended half way and is settled', { extension_id: id, error: outcome });
    try {
      const record = await this.align(id);
      // What the change left in the cache is older than the record.
      await this.cache.forget(extensionCacheKeys(toExtensionReply(record)));
      return isAlive(record) ? 'alive' : 'gone';
    } catch (error) {
      if ((error as { status?: unknown }).status === 'NOT_FOUND') return 'gone';
      this.repairs.request('extension', id);
      return 'unknown';
    }
  }

  /** Living extensions of all customers in id order, after `afterId`. */
  listAlive(afterId: string | undefined, limit: number): Promise<ExtensionRow[]> {
    return this.extensions.listAlive(afterId, limit);
  }

  /** Which of these ids are living extensions'. */
  findAliveIds(ids: readonly string[]): Promise<string[]> {
    return this.extensions.findAliveIds(ids);
  }

  /** Those of these endpoint ids that living extensions have. */
  findAliveEndpointIds(endpointIds: readonly string[]): Promise<string[]> {
    return this.extensions.findAliveEndpointIds(endpointIds);
  }

  /** Of living records that share a login, as the original let them, the newest has it. */
  async ownsLogin(bin: EntityManager, record: ExtensionRow): Promise<boolean> {
    return (await this.extensions.findLoginOwner(bin, record.endpointId))?.id === record.id;
  }

  /** The record while it lives, locked until the transaction ends. */
  async lockIfAlive(bin: EntityManager, id: string): Promise<ExtensionRow | undefined> {
    const record = await this.extensions.findLocked(bin, id);
    return record !== null && isAlive(record) ? record : undefined;
  }

  /**
   * After a change whose end was not seen: like {@link settle}; when the record was renumbered, its login follows it with
   * all that an operator has set.
   */
  async settleChange(id: string, former: ExtensionRow | undefined, outcome: UncertainOutcome): Promise<void> {
    try {
      if (former !== undefined) await this.follow(id, former);
    } catch (error) {
      this.log.error('The login of a former number could not be moved', { extension_id: id, error });
      this.repairs.request('extension', id);
    }
    await this.settle(id, outcome);
  }

  /** A record's former ids may belong to a living one of the same number by now. */
  async isClaimed(bin: EntityManager, endpointId: string): Promise<boolean> {
    return (await this.extensions.findAliveEndpointIds([endpointId], bin)).length > 0;
  }

  private async follow(id: string, former: ExtensionRow): Promise<void> {
    await this.transactions.recordCommitsFirst('extension.settle-move', async (open) => {
      const record = await this.extensions.findLocked(open.bin, id);
      if (record === null || !isAlive(record) || record.endpointId === former.endpointId) return;
      const { endpoint } = await this.asterisk.lockLogin(open.asterisk, record);
      if (endpoint === undefined) await this.move(open, former, record);
      else await this.removeUnclaimed(open.bin, open.asterisk, former);
    });
  }

  /** Of living records from before the unique keys that share a login with one that has died, the newest. */
  private async heirOf(bin: EntityManager, record: ExtensionRow): Promise<ExtensionRow | undefined> {
    return this.extensions.mayShareLogins ? this.extensions.findLoginOwner(bin, record.endpointId) : undefined;
  }

  /** The rows are locked first: who writes them for a new record has committed that by then, or has yet to come. */
  private async removeUnclaimed(bin: EntityManager, asterisk: EntityManager, former: ExtensionRow): Promise<void> {
    const rows = await this.asterisk.lockLogin(asterisk, former);
    if (!(await this.isClaimed(bin, former.endpointId))) await this.asterisk.removeRows(asterisk, rows);
  }
}

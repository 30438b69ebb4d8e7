import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AsteriskService } from '../asterisk/asterisk.service';
import { isAlive } from '../platform/database/alive';
import { Transactions, UncertainOutcome } from '../platform/database/transactions';
import { Log } from '../platform/observability/logger';
import { RepairRequests } from '../platform/repairs/repair-requests';
import { SipAuthService } from '../sip-auth/sip-auth.service';
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
        await this.asterisk.provision(asterisk, loginOf(record));
      } else {
        await this.sipAuth.remove(bin, id);
        if (await this.isSuperseded(record)) return record;
        await this.asterisk.revoke(asterisk, record);
      }
      return record;
    });
  }

  /**
   * After an outcome that is not known: looks at the record and goes forward from there. What cannot be settled now is
   * left to reconcile.
   */
  async settle(id: string, outcome: UncertainOutcome): Promise<Settlement> {
    this.log.warning('A change ended half way and is settled', { extension_id: id, error: outcome });
    try {
      return isAlive(await this.align(id)) ? 'alive' : 'gone';
    } catch (error) {
      if ((error as { status?: unknown }).status === 'NOT_FOUND') return 'gone';
      this.repairs.request('extension', id);
      return 'unknown';
    }
  }

  /** A deleted record's ids may belong to a living one of the same number by now. */
  private async isSuperseded(record: ExtensionRow): Promise<boolean> {
    return (await this.extensions.findByNumber(record.customerId, record.extension)) !== null;
  }
}

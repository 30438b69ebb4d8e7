import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AsteriskContacts } from '../asterisk/asterisk.contacts';
import { AsteriskService, type Login } from '../asterisk/asterisk.service';
import { endpointIdentity, type EndpointIdentity } from '../asterisk/endpoint-identity';
import { Config } from '../platform/config/config';
import { isAlive } from '../platform/database/alive';
import type { Rows } from '../platform/database/saving/resource';
import { Transactions, type OpenTransactions } from '../platform/database/transactions';
import { SipAuthService, type SipAccount } from '../sip-auth/sip-auth.service';
import type { ExtensionRow } from './extension.entity';
import { extensionNotFound } from './extension.errors';
import { ExtensionRepository } from './extension.repository';

/** What Asterisk and Kamailio know of extensions. The record decides what that is. */
@Injectable()
export class ExtensionLogin {
  constructor(
    private readonly config: Config,
    private readonly extensions: ExtensionRepository,
    private readonly asterisk: AsteriskService,
    private readonly contacts: AsteriskContacts,
    private readonly sipAuth: SipAuthService,
    private readonly transactions: Transactions,
  ) {}

  /** Of an extension that is made now. */
  identityOf({ customerId, extension }: Pick<ExtensionRow, 'customerId' | 'extension'>): EndpointIdentity {
    return endpointIdentity(customerId, extension, this.config.domainNameExtension);
  }

  /** What Kamailio reads. */
  project(bin: EntityManager, record: ExtensionRow): Promise<void> {
    return this.sipAuth.project(bin, sipAccountOf(record));
  }

  removeProjection(bin: EntityManager, { id }: ExtensionRow): Promise<void> {
    return this.sipAuth.remove(bin, id);
  }

  provision({ asterisk }: OpenTransactions, record: ExtensionRow): Promise<void> {
    return this.asterisk.provision(asterisk, loginOf(record));
  }

  /** Brings the login in line with a changed record. The credential is set even to what it was: the row may hold something else. */
  async change(open: OpenTransactions, rows: Rows<ExtensionRow>): Promise<void> {
    const { before, after } = rows;
    if (before.endpointId !== after.endpointId) return this.move(open, before, after);
    await this.asterisk.changeCredential(open.asterisk, loginOf(after));
    if (this.endsRegistrations(rows)) await this.contacts.delete(open.asterisk, after.endpointId);
  }

  /** Whether devices must register again after a change. */
  endsRegistrations({ before, after }: Rows<ExtensionRow>): boolean {
    if (before.endpointId !== after.endpointId) return true;
    const isFlushed = this.config.contactsOnPasswordChange === 'flush';
    return isFlushed && (before.password !== after.password || before.username !== after.username);
  }

  /** The login of a record that was just deleted: the newest living record that shares it gets it, or it ends. */
  async transferOrRevoke(open: OpenTransactions, record: ExtensionRow): Promise<void> {
    const nextOwner = await this.nextOwnerOf(open.bin, record);
    if (nextOwner === undefined) return this.asterisk.revoke(open.asterisk, record);
    await this.transactions.assertWritable();
    await this.asterisk.complete(open.asterisk, loginOf(nextOwner));
  }

  /**
   * Makes both sides follow the record, whatever they hold now: complete when the record lives, gone when it does not. The
   * record is locked meanwhile, so no change of it can interfere. After a change of the number, the login of the `former`
   * record follows with all that an operator has set. Throws `NOT_FOUND` when there is no record at all.
   */
  align(id: string, former?: ExtensionRow): Promise<ExtensionRow> {
    return this.transactions.recordCommitsFirst('extension.align', async (open) => {
      const record = await this.extensions.lock(open.bin, id);
      if (record === null) throw extensionNotFound();
      if (isAlive(record)) {
        await this.project(open.bin, record);
        if (former !== undefined && former.endpointId !== record.endpointId)
          await this.moveOrRemove(open, former, record);
        await this.asterisk.complete(open.asterisk, loginOf(record));
      } else {
        await this.removeProjection(open.bin, record);
        await this.removeUnclaimed(open, record);
      }
      return record;
    });
  }

  /** Living extensions of all customers in id order, after `afterId`. */
  async listAlive(afterId: string | undefined, limit: number): Promise<LivingExtension[]> {
    return (await this.extensions.listAlive(afterId, limit)).map(livingExtension);
  }

  /** The extension while it lives, locked until the transaction ends. */
  async lockAlive(bin: EntityManager, id: string): Promise<LivingExtension | undefined> {
    const record = await this.extensions.lock(bin, id);
    return record !== null && isAlive(record) ? livingExtension(record) : undefined;
  }

  /** Which of these ids are living extensions'. */
  findAliveIds(ids: readonly string[]): Promise<string[]> {
    return this.extensions.findAliveIds(ids);
  }

  /** Those of these endpoint ids that living extensions have; on the transaction's connection, or on one of its own. */
  findAliveEndpointIds(endpointIds: readonly string[], bin?: EntityManager): Promise<string[]> {
    return this.extensions.findAliveEndpointIds(endpointIds, bin);
  }

  /** Of living records that share a login, as the original let them, the newest has it. */
  async ownsLogin(bin: EntityManager, { id, login }: LivingExtension): Promise<boolean> {
    return (await this.extensions.findLoginOwner(bin, login.endpointId))?.id === id;
  }

  /** Gives a record that was renumbered its login under the new ids. A login that others share stays with them. */
  private async move(open: OpenTransactions, former: ExtensionRow, record: ExtensionRow): Promise<void> {
    const nextOwner = await this.nextOwnerOf(open.bin, former);
    if (nextOwner === undefined) return this.asterisk.move(open.asterisk, former, loginOf(record));
    await this.asterisk.complete(open.asterisk, loginOf(nextOwner));
    await this.provision(open, record);
  }

  /** Like {@link move}, unless the new login is there already: then the former one only ends. */
  private async moveOrRemove(open: OpenTransactions, former: ExtensionRow, record: ExtensionRow): Promise<void> {
    const { endpoint } = await this.asterisk.lockLogin(open.asterisk, record);
    await (endpoint === undefined ? this.move(open, former, record) : this.removeUnclaimed(open, former));
  }

  /** Of living records from before the unique keys that share a login with another one, the newest. */
  private async nextOwnerOf(bin: EntityManager, record: ExtensionRow): Promise<ExtensionRow | undefined> {
    return this.extensions.mayShareLogins ? this.extensions.findLoginOwner(bin, record.endpointId) : undefined;
  }

  /** The rows are locked first: a new record that writes them has committed by then, or has yet to come. */
  private async removeUnclaimed({ bin, asterisk }: OpenTransactions, former: ExtensionRow): Promise<void> {
    const rows = await this.asterisk.lockLogin(asterisk, former);
    const claimed = await this.extensions.findAliveEndpointIds([former.endpointId], bin);
    if (claimed.length === 0) await this.asterisk.removeRows(asterisk, rows);
  }
}

/** What a living extension asks of Asterisk and Kamailio. */
export interface LivingExtension {
  readonly id: string;
  readonly customerId: string;
  readonly login: Login;
  readonly account: SipAccount;
}

function livingExtension(record: ExtensionRow): LivingExtension {
  const { id, customerId } = record;
  return { id, customerId, login: loginOf(record), account: sipAccountOf(record) };
}

/** What Asterisk is to know of a record. */
export function loginOf(record: ExtensionRow): Login {
  const { realm, endpointId, aorId, authId, username, password } = record;
  return { realm, endpointId, aorId, authId, username, password };
}

/** What Kamailio is to know of a record. */
export function sipAccountOf(record: ExtensionRow): SipAccount {
  const { id, realm, username, password, tmCreate, tmUpdate } = record;
  const fixed = { referenceType: 'extension', authTypes: ['basic'], allowedIps: [] } as const;
  return { id, ...fixed, realm, username, password, tmCreate, tmUpdate };
}

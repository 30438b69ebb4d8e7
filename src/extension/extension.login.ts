import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AsteriskContacts } from '../asterisk/asterisk.contacts';
import { AsteriskService, type Login } from '../asterisk/asterisk.service';
import { endpointIdentity, type EndpointIdentity } from '../asterisk/endpoint-identity';
import { Config } from '../platform/config/config';
import { isAlive } from '../platform/database/alive';
import type { Rows } from '../platform/database/saving/resource';
import { together } from '../platform/database/source/statement-packets';
import { Transactions, type OpenTransactions } from '../platform/database/transactions';
import { SipAuthService, type SipAccount } from '../sip-auth/sip-auth.service';
import type { ExtensionRow } from './extension.entity';
import { extensionNotFound } from './extension.errors';
import { ExtensionRepository, type LoginRecord } from './extension.repository';

/** The rows that Asterisk and Kamailio read for extensions. They follow from the record. */
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

  /** The identity of a new extension. */
  identityOf({ customerId, extension }: Pick<ExtensionRow, 'customerId' | 'extension'>): EndpointIdentity {
    return endpointIdentity(customerId, extension, this.config.domainNameExtension);
  }

  /** Writes the row that Kamailio reads. */
  project(bin: EntityManager, record: ExtensionRow): Promise<void> {
    return this.sipAuth.project(bin, sipAccountOf(record));
  }

  removeProjection(bin: EntityManager, ...records: readonly ExtensionRow[]): Promise<void> {
    return this.sipAuth.remove(bin, ...records.map(({ id }) => id));
  }

  provision({ asterisk }: OpenTransactions, record: ExtensionRow): Promise<void> {
    return this.asterisk.provision(asterisk, loginOf(record));
  }

  /**
   * Makes the login follow a changed record. An unchanged credential is written too, because the row may hold another
   * one.
   */
  async change(open: OpenTransactions, rows: Rows<ExtensionRow>): Promise<void> {
    const { before, after } = rows;
    if (before.endpointId !== after.endpointId) return this.move(open, before, after);
    await together(
      this.asterisk.changeCredential(open.asterisk, loginOf(after)),
      this.endsRegistrations(rows) && this.contacts.endRegistrations(open.asterisk, after.endpointId),
    );
  }

  /**
   * True when the lock on the record orders all who write the rows of this login: nobody shares it, and it keeps its ids
   * and its user name, which unique keys order.
   */
  isOrderedByRecord({ before, after }: Rows<ExtensionRow>): boolean {
    const keepsKeys = before.endpointId === after.endpointId && before.username === after.username;
    return keepsKeys && !this.extensions.mayShareLogins;
  }

  /** True when devices must register again after the change. */
  endsRegistrations({ before, after }: Rows<ExtensionRow>): boolean {
    if (before.endpointId !== after.endpointId) return true;
    const isFlushed = this.config.contactsOnPasswordChange === 'flush';
    return isFlushed && (before.password !== after.password || before.username !== after.username);
  }

  /** Passes the login of a deleted record to the newest living record that shares it; revokes it if there is none. */
  async transferOrRevoke(open: OpenTransactions, record: ExtensionRow): Promise<void> {
    const nextOwner = await this.nextOwnerOf(open.bin, record);
    if (nextOwner === undefined) return this.asterisk.revoke(open.asterisk, record);
    await this.transactions.assertWritable();
    await this.asterisk.complete(open.asterisk, loginOf(nextOwner));
  }

  /** True while a login may belong to more than one living record. */
  get mayBeShared(): boolean {
    return this.extensions.mayShareLogins;
  }

  /** For records whose logins nobody shares. */
  revoke({ asterisk }: OpenTransactions, records: readonly ExtensionRow[]): Promise<void> {
    return this.asterisk.revoke(asterisk, ...records);
  }

  /**
   * Makes the rows of Asterisk and Kamailio follow the record: complete for a living record, removed for a deleted one.
   * The record is locked meanwhile. After a change of the number, the login of the `former` record moves and keeps the
   * columns that operators set. Throws `NOT_FOUND` when there is no record.
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
    return (await this.extensions.listLogins(afterId, limit)).map(livingExtension);
  }

  /** Locks the record until the transaction ends; `undefined` when it is not a living one. */
  async lockAlive(bin: EntityManager, id: string): Promise<LivingExtension | undefined> {
    const record = await this.extensions.lock(bin, id);
    return isAlive(record) ? livingExtension(record) : undefined;
  }

  /** The ids among these that belong to living extensions. */
  findAliveIds(ids: readonly string[]): Promise<string[]> {
    return this.extensions.findAliveIds(ids);
  }

  /**
   * The endpoint ids among these that living extensions have. Uses the connection of `bin` if given, or another one.
   */
  findAliveEndpointIds(endpointIds: readonly string[], bin?: EntityManager): Promise<string[]> {
    return this.extensions.findAliveEndpointIds(endpointIds, bin);
  }

  /** True for the newest of the living records that share a login. The original allowed shared logins. */
  async ownsLogin(bin: EntityManager, { id, login }: LivingExtension): Promise<boolean> {
    return (await this.extensions.findLoginOwner(bin, login.endpointId))?.id === id;
  }

  /** Moves the login of a renumbered record to its new ids. A shared login stays with the other records. */
  private async move(open: OpenTransactions, former: ExtensionRow, record: ExtensionRow): Promise<void> {
    const nextOwner = await this.nextOwnerOf(open.bin, former);
    if (nextOwner === undefined) return this.asterisk.move(open.asterisk, former, loginOf(record));
    await this.asterisk.complete(open.asterisk, loginOf(nextOwner));
    await this.provision(open, record);
  }

  /** Like {@link move}; when the new login exists already, only removes the former one. */
  private async moveOrRemove(open: OpenTransactions, former: ExtensionRow, record: ExtensionRow): Promise<void> {
    const { endpoint } = await this.asterisk.lockLogin(open.asterisk, record);
    await (endpoint === undefined ? this.move(open, former, record) : this.removeUnclaimed(open, former));
  }

  /** The newest living record that shares the login. Only records from before the unique keys can share one. */
  private async nextOwnerOf(bin: EntityManager, record: ExtensionRow): Promise<ExtensionRow | undefined> {
    return this.extensions.mayShareLogins ? this.extensions.findLoginOwner(bin, record.endpointId) : undefined;
  }

  /**
   * Removes the login unless a living record has it. The rows are locked first: a new record that writes them has
   * either committed by then, and is found, or writes them afterwards.
   */
  private async removeUnclaimed({ bin, asterisk }: OpenTransactions, former: ExtensionRow): Promise<void> {
    const rows = await this.asterisk.lockLogin(asterisk, former);
    const claimed = await this.extensions.findAliveEndpointIds([former.endpointId], bin);
    if (claimed.length === 0) await this.asterisk.removeRows(asterisk, rows);
  }
}

/** The login and the account that a living extension must have. */
export interface LivingExtension {
  readonly id: string;
  readonly customerId: string;
  readonly login: Login;
  readonly account: SipAccount;
}

function livingExtension(record: LoginRecord): LivingExtension {
  const { id, customerId } = record;
  return { id, customerId, login: loginOf(record), account: sipAccountOf(record) };
}

/** The login of a record, for Asterisk. */
export function loginOf(record: LoginRecord): Login {
  const { realm, endpointId, aorId, authId, username, password } = record;
  return { realm, endpointId, aorId, authId, username, password };
}

/** The account of a record, for Kamailio. */
export function sipAccountOf(record: LoginRecord): SipAccount {
  const { id, realm, username, password, tmCreate, tmUpdate } = record;
  const fixed = { referenceType: 'extension', authTypes: ['basic'], allowedIps: [] } as const;
  return { id, ...fixed, realm, username, password, tmCreate, tmUpdate };
}

import { Injectable } from '@nestjs/common';
import { AsteriskContacts } from '../asterisk/asterisk.contacts';
import { AsteriskService } from '../asterisk/asterisk.service';
import { AsteriskWholeRows } from '../asterisk/asterisk.whole-rows';
import { toContactReply } from '../contact/contact.dto';
import { ContactService } from '../contact/contact.service';
import type { ExtensionRow } from '../extension/extension.entity';
import { loginOf } from '../extension/extension.login';
import { ExtensionReader } from '../extension/extension.reader';
import { SCHEMA_INCOMPLETE } from '../platform/database/mysql-errors';
import { ServiceError } from '../platform/errors/service-error';
import { RequestContext, runInContext } from '../platform/observability/request-context';
import { SipAuthService, type StoredSipAuth } from '../sip-auth/sip-auth.service';
import type { AsteriskEvidence, Evidence, Unread } from './evidence';

const READ_MS = 5_000;
/** Far above every max_contacts: a part of the contacts would look like an outdated list. */
const CONTACTS_MAX = 1_000;
const ACCOUNTS_MAX = 20;

export type Subject = { readonly id: string } | { readonly customerId: string; readonly extension: string };

/** What an extension's record and rows are now, from the databases and not from the cache. */
@Injectable()
export class DiagnosisReader {
  constructor(
    private readonly extensions: ExtensionReader,
    private readonly asterisk: AsteriskService,
    private readonly wholeRows: AsteriskWholeRows,
    private readonly contacts: AsteriskContacts,
    private readonly contactLists: ContactService,
    private readonly sipAuth: SipAuthService,
  ) {}

  /**
   * `undefined` when the customer has no living extension of the number. Throws `NOT_FOUND` for an unknown id, and
   * `UNAVAILABLE` when the bin database does not answer.
   */
  async read(subject: Subject, trouble?: string): Promise<Omit<Evidence, 'domain' | 'nodes'> | undefined> {
    const record = await bounded(() => this.find(subject));
    if (record === null) return undefined;
    const sharing = await bounded(() => this.extensions.listSharing(record));
    const accounts = await bounded(() => this.readAccounts(record));
    const asterisk = await bounded(() => this.readAsterisk(record)).catch((error: unknown) =>
      unreadBecause(error, trouble),
    );
    const expectedAuth = this.asterisk.authOf(loginOf(record));
    return { nowMs: Date.now(), record, sharing, accounts, asterisk, expectedAuth };
  }

  private find(subject: Subject): Promise<ExtensionRow | null> {
    if ('id' in subject) return this.extensions.getStored(subject.id);
    return this.extensions.findStoredByNumber(subject.customerId, subject.extension);
  }

  private async readAccounts({ id, realm, username }: ExtensionRow): Promise<StoredSipAuth[]> {
    const same = await this.sipAuth.listByCredential(realm, username, ACCOUNTS_MAX);
    return same.some((row) => row.id === id) ? same : [...same, ...(await this.sipAuth.findStored([id]))];
  }

  private async readAsterisk(record: ExtensionRow): Promise<AsteriskEvidence> {
    const login = await this.wholeRows.find(record);
    const rows = await this.contacts.listStored(record.endpointId, record.aorId, CONTACTS_MAX);
    const cachedContacts = await this.contactLists.findCached(record.endpointId);
    return { login, contacts: rows.map(toContactReply), cachedContacts };
  }
}

function bounded<T>(work: () => Promise<T>): Promise<T> {
  return runInContext(new RequestContext('diagnosis', READ_MS), work);
}

function unreadBecause(error: unknown, trouble: string | undefined): Unread {
  if (!(error instanceof ServiceError) || error.status !== 'UNAVAILABLE') throw error;
  return { reason: trouble ?? error.message, isSchema: error.reason === SCHEMA_INCOMPLETE };
}

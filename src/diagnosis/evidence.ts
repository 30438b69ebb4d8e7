import type { NodeView } from '../asterisk/ami/node-view';
import type { PsAuthRow } from '../asterisk/asterisk.service';
import type { WholeLogin } from '../asterisk/asterisk.whole-rows';
import type { ContactReply } from '../contact/contact.dto';
import type { SharingRecords } from '../extension/extension.reader';
import type { ExtensionRow } from '../extension/extension.entity';
import type { StoredSipAuth } from '../sip-auth/sip-auth.service';

/** What is stored about one extension, as it was read. */
export interface Evidence {
  readonly nowMs: number;
  readonly record: ExtensionRow;
  readonly sharing: SharingRecords;
  readonly domain: Domain;
  /** The auth row that the record requires. */
  readonly expectedAuth: PsAuthRow;
  readonly asterisk: AsteriskEvidence | Unread;
  /** The row for Kamailio, and those with the same realm and user name, in the order in which Kamailio reads them. */
  readonly accounts: readonly StoredSipAuth[];
  /** What the nodes of Asterisk hold; `undefined` without ASTERISK_AMI_ADDRESSES. */
  readonly nodes: readonly NodeView[] | undefined;
}

export interface Domain {
  /** The base domain of new extensions. */
  readonly base: string;
  /** The record lies below it. */
  readonly isBase: boolean;
  /** Reconcile repairs the rows of the record. */
  readonly isRepaired: boolean;
}

export interface AsteriskEvidence {
  readonly login: WholeLogin;
  readonly contacts: readonly ContactReply[];
  /** `undefined` when callers get the list from the database. */
  readonly cachedContacts: readonly ContactReply[] | undefined;
}

/** The database of Asterisk could not be read. */
export interface Unread {
  readonly reason: string;
  readonly isSchema: boolean;
}

export function isUnread(asterisk: AsteriskEvidence | Unread): asterisk is Unread {
  return 'reason' in asterisk;
}

import { decodeRealtime, isYes } from '../asterisk/realtime-text';
import type { ContactReply } from '../contact/contact.dto';
import { sqlText } from '../platform/database/sql-text';
import { sqlOf, subjectOf } from './advice';
import type { AsteriskEvidence, Evidence } from './evidence';
import { type Finding, found, hint, type Judgement, likely } from './finding';

/** Asterisk removes ended contacts every 30 s. */
const SWEPT_AFTER_SECONDS = 120;
const PRIVATE =
  /^sips?:(?:[^@]*@)?(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/i;

type Contacts = readonly ContactReply[];

interface Situation {
  readonly evidence: Evidence;
  readonly asterisk: AsteriskEvidence;
  /** Of this endpoint, in any spelling. */
  readonly own: Contacts;
  readonly living: Contacts;
  readonly nowSeconds: number;
}

/** Who is registered, and what is wrong with it. */
export function checkContacts(evidence: Evidence, asterisk: AsteriskEvidence): Finding[] {
  const nowSeconds = evidence.nowMs / 1_000;
  const own = ownContacts(evidence, asterisk);
  const situation = { evidence, asterisk, own, living: own.filter((one) => isLiving(one, nowSeconds)), nowSeconds };
  return [checkPlaces, checkEnded, checkElsewhere, checkCached, checkPrivate].flatMap((check) => check(situation));
}

/** The contacts that callers are sent to. */
export function livingContacts(evidence: Evidence, asterisk: AsteriskEvidence): Contacts {
  return ownContacts(evidence, asterisk).filter((one) => isLiving(one, evidence.nowMs / 1_000));
}

function ownContacts({ record }: Evidence, { contacts }: AsteriskEvidence): Contacts {
  return contacts.filter(({ endpoint }) => isSame(endpoint, record.endpointId));
}

function checkPlaces({ evidence, asterisk, living }: Situation): Finding[] {
  const { record } = evidence;
  if (living.length === 0) {
    const text = 'No phone is registered: a call reaches nobody.';
    return [
      contacts(
        hint('nobody_registered', text),
        'set the phone up as shown; docs/operations.md says what its answers mean',
      ),
    ];
  }
  const aor = asterisk.login.aor[0];
  const max = Number(aor?.['max_contacts'] ?? 0);
  if (!(max > 0) || living.length < max) return [];
  const text = `All ${max} places are taken`;
  return isYes(aor?.['remove_existing'])
    ? [
        contacts(
          hint('full', `${text}: a further phone takes the place of the one that ends first.`),
          more(record.aorId),
        ),
      ]
    : [
        contacts(
          likely('full', `${text}, and remove_existing is not "yes": Asterisk refuses a further phone with 403.`),
          `registrar-control contact flush ${subjectOf(record)}; or, ${more(record.aorId)}`,
        ),
      ];
}

const more = (aorId: string): string =>
  `to take more, ${sqlOf(`UPDATE ps_aors SET max_contacts = 10 WHERE id = ${sqlText(aorId)}`)}`;

function checkEnded({ evidence, own, nowSeconds }: Situation): Finding[] {
  const left = own.filter(({ expiration_time: end }) => end > 0 && end < nowSeconds - SWEPT_AFTER_SECONDS);
  if (left.length === 0) return [];
  const text = `${left.length} registrations ended minutes ago and are still there: Asterisk does not run, or cannot delete them.`;
  const removal = sqlOf(
    `DELETE FROM ps_contacts WHERE endpoint = ${sqlText(evidence.record.endpointId)} AND expiration_time < UNIX_TIMESTAMP()`,
  );
  return [contacts(likely('contacts_ended', text), `look at Asterisk and at its clock; to remove them, ${removal}`)];
}

/** Contacts of the AOR that name no endpoint or another one: Asterisk calls them, and the service lists none. */
function checkElsewhere({ evidence: { record }, asterisk, nowSeconds }: Situation): Finding[] {
  const others = asterisk.contacts.filter(
    (one) => !isSame(one.endpoint, record.endpointId) && isLiving(one, nowSeconds),
  );
  if (others.length === 0) return [];
  const text = `${others.length} contacts of this AOR do not name its endpoint: the list of contacts leaves them out.`;
  const ids = others.map(({ id }) => sqlText(id)).join(', ');
  const advice = sqlOf(`UPDATE ps_contacts SET endpoint = ${sqlText(record.endpointId)} WHERE id IN (${ids})`);
  return [contacts(likely('contacts_elsewhere', text), advice)];
}

/** Callers get the cached list until it expires. Both lists may hold a registration that ended up to a minute ago. */
function checkCached({ evidence: { record }, asterisk: { cachedContacts }, own, living }: Situation): Finding[] {
  if (cachedContacts === undefined) return [];
  const cached = new Set(cachedContacts.map(keyOf));
  const missing = living.filter((one) => !cached.has(keyOf(one))).length;
  const stored = new Set(own.map(keyOf));
  const gone = cachedContacts.filter((one) => !stored.has(keyOf(one))).length;
  if (missing === 0 && gone === 0) return [];
  const text = `The cached list of contacts lacks ${missing} registrations and has ${gone} that ended: callers get it for up to 3 minutes.`;
  return [contacts(likely('contacts_cached', text), `registrar-control contact refresh ${subjectOf(record)}`)];
}

/** A phone behind NAT names its own address, which Asterisk cannot reach. */
function checkPrivate({ asterisk, living }: Situation): Finding[] {
  const endpoint = asterisk.login.endpoint[0];
  if (endpoint === undefined || isYes(endpoint['rewrite_contact'])) return [];
  const behind = living.filter(({ uri }) => PRIVATE.test(decodeRealtime(uri))).length;
  if (behind === 0) return [];
  const text = `${behind} phones named a private address: calls reach them only from inside that network.`;
  const id = sqlText(endpoint['id'] ?? '');
  const advice = sqlOf(
    `UPDATE ps_endpoints SET rewrite_contact = 'yes', rtp_symmetric = 'yes', force_rport = 'yes' WHERE id = ${id}`,
  );
  return [contacts(hint('private_address', text), `if they are behind NAT, ${advice}`)];
}

const contacts = (judgement: Judgement, advice: string): Finding => found(judgement, 'contacts', advice);

/** The collation of the table takes them for equal, too. */
const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

const keyOf = ({ id, uri }: ContactReply): string => `${id} ${uri}`;

function isLiving({ expiration_time: end }: ContactReply, nowSeconds: number): boolean {
  return end === 0 || end > nowSeconds;
}

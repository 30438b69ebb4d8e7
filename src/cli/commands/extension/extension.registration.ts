import type { AsteriskService } from '../../../asterisk/asterisk.service';
import type { ContactReply } from '../../../contact/contact.dto';
import type { ContactService } from '../../../contact/contact.service';
import { secondsLeft, viewOfContact } from '../contact/contact.view';
import type { ExtensionReply } from '../../../extension/extension.dto';
import type { Entry } from '../../terminal/table';
import { contactsOf } from '../requests';

/** The part of `extension get` that follows the record; in JSON its keys come after those of the record. */
interface Registration {
  readonly status: 'registered' | 'nobody registered' | 'deleted';
  /** `ps_aors.max_contacts`; null when the column is NULL or the row is missing. */
  readonly max_contacts: number | null;
  readonly contacts: readonly (ContactReply & { readonly expires_in: number | null })[];
}

type Aor = { readonly maxContacts: number | null } | undefined;

/** A deleted extension has no registrations; another extension may have its number now. */
export async function findRegistration(
  extension: ExtensionReply,
  services: { readonly contacts: Pick<ContactService, 'list'>; readonly asterisk: Pick<AsteriskService, 'findLogins'> },
): Promise<{ readonly contacts: readonly ContactReply[]; readonly aor: Aor }> {
  if (extension.tm_delete !== null) return { contacts: [], aor: undefined };
  const { customer_id: customerId, endpoint_id: endpointId, aor_id: aorId, auth_id: authId } = extension;
  const contacts = await services.contacts.list(contactsOf(customerId, extension.extension));
  const { aors } = await services.asterisk.findLogins([{ endpointId, aorId, authId }]);
  return { contacts, aor: aors[0] };
}

export function registrationOf(
  { tm_delete: deletedAt }: ExtensionReply,
  contacts: readonly ContactReply[],
  aor: Aor,
  nowMs: number,
): Registration {
  const status = deletedAt !== null ? 'deleted' : contacts.length === 0 ? 'nobody registered' : 'registered';
  const shown = contacts.map((contact) => ({ ...contact, expires_in: secondsLeft(contact, nowMs) }));
  return { status, max_contacts: aor?.maxContacts ?? null, contacts: shown };
}

/** The status, and for each device its address, its user agent and the seconds until it must register again. */
export function registrationDetail({ status, contacts }: Registration, aor: Aor, nowMs: number): Entry[] {
  return [
    ['status', status === 'registered' ? `registered, ${contacts.length} of ${limitOf(aor)}` : status],
    ...(status === 'deleted' ? [] : refusalOf(aor)),
    ...contacts.flatMap((contact, index): Entry[] => {
      const { address, userAgent, expiresIn } = viewOfContact(contact, nowMs);
      return [
        [`contact ${index + 1}`, address],
        ['  user agent', userAgent],
        ['  expires in', expiresIn],
      ];
    }),
  ];
}

/** Asterisk reads NULL as 0. */
function limitOf(aor: Aor): string {
  const max = Math.max(0, aor?.maxContacts ?? 0);
  return `at most ${max} ${max === 1 ? 'device' : 'devices'}`;
}

/** The reason why no device can register, if there is one. */
function refusalOf(aor: Aor): Entry[] {
  const cannot = 'no device can register';
  if (aor === undefined)
    return [['devices', `${cannot}: the ps_aors row is missing; registrar-control reconcile makes it`]];
  const { maxContacts: max } = aor;
  return max !== null && max > 0 ? [] : [['devices', `${cannot}: max_contacts is ${max ?? 'NULL'} in ps_aors`]];
}

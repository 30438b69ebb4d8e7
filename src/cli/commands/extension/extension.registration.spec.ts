import { toContactReply } from '../../../contact/contact.dto';
import type { ExtensionReply } from '../../../extension/extension.dto';
import { findRegistration, registrationDetail, registrationOf } from './extension.registration';

const NOW_MS = 1_800_000_000_000;
const ALIVE = { extension: '2001', customer_id: 'c', tm_delete: null } as ExtensionReply;
const CONTACT = {
  ...toContactReply({} as Parameters<typeof toContactReply>[0]),
  uri: 'sip:a^3Bb',
  expiration_time: 1_800_000_042,
};

const statusOf = (contacts: readonly (typeof CONTACT)[], aor: { maxContacts: number | null } | undefined) =>
  registrationDetail(registrationOf(ALIVE, contacts, aor, NOW_MS), aor, NOW_MS).slice(0, 2);

it('shows how many contacts the AOR allows', () => {
  expect(statusOf([CONTACT], { maxContacts: 10 })[0]).toEqual(['status', 'registered, 1 of at most 10 devices']);
  expect(statusOf([CONTACT], { maxContacts: 1 })[0]).toEqual(['status', 'registered, 1 of at most 1 device']);
  expect(statusOf([], { maxContacts: 3 })).toEqual([['status', 'nobody registered']]);
});

it.each([
  [{ maxContacts: null }, 'no device can register: max_contacts is NULL in ps_aors'],
  [{ maxContacts: 0 }, 'no device can register: max_contacts is 0 in ps_aors'],
  [undefined, 'no device can register: the ps_aors row is missing; registrar-control reconcile makes it'],
])('says why no device can register: %j', (aor, reason) => {
  expect(statusOf([], aor)[1]).toEqual(['devices', reason]);
});

it('gives the same in JSON', () => {
  expect(registrationOf(ALIVE, [CONTACT], { maxContacts: 10 }, NOW_MS)).toEqual({
    status: 'registered',
    max_contacts: 10,
    contacts: [{ ...CONTACT, expires_in: 42 }],
  });
  expect(registrationOf(ALIVE, [], undefined, NOW_MS)).toEqual({
    status: 'nobody registered',
    max_contacts: null,
    contacts: [],
  });
});

it('shows no contacts of another extension that now has the number of a deleted one', async () => {
  const asked = { list: () => Promise.resolve([CONTACT]) };
  const asterisk = {
    findLogins: () => Promise.resolve({ aors: [], auths: [], endpoints: [], withFurtherSecrets: [] }),
  };
  const deleted = { ...ALIVE, tm_delete: '2026-01-01T00:00:00Z' };
  const found = await findRegistration(deleted, { contacts: asked, asterisk });
  expect(found.contacts).toEqual([]);
  expect(registrationOf(deleted, found.contacts, found.aor, NOW_MS).status).toBe('deleted');
});

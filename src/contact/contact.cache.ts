import { CONTACTS_PREFIX, readShape, type Shape } from '../platform/cache/cache';
import type { ContactReply } from './contact.dto';

export const CONTACTS_CACHE = 'contacts';

/** Shared with the original. */
export function contactsKey(endpointId: string): string {
  return `${CONTACTS_PREFIX}${endpointId}`;
}

/** As long as the original keeps a list. */
const TTL_MAX_SECONDS = 180;
/** A list with a registration that has ended is asked for again soon: the phone may just be refreshing it. */
const TTL_ENDED_SECONDS = 5;
/** Asterisk prunes every 30 s; a row that ended longer ago than this was left behind. */
const GRACE_SECONDS = 60;

const SHAPE: Shape<ContactReply> = {
  ...({ id: 'text', uri: 'text', expiration_time: 'number', qualify_frequency: 'number' } as const),
  ...({ outbound_proxy: 'text', path: 'text', user_agent: 'text', qualify_timeout: 'number' } as const),
  ...({ reg_server: 'text', authenticate_qualify: 'text', via_addr: 'text', via_port: 'number' } as const),
  ...({ call_id: 'text', endpoint: 'text', prune_on_boot: 'text' } as const),
};

/** Contacts that may still be registered; a row without an end never ends. */
export function living(contacts: readonly ContactReply[], now: number): ContactReply[] {
  return contacts.filter(({ expiration_time: end }) => end === 0 || end >= now - GRACE_SECONDS);
}

/**
 * A cached list of an endpoint. `undefined` for anything else, and for a list of which an entry has ended: a phone that
 * refreshes its registration only changes the table.
 */
export function cachedContacts(cached: unknown, endpoint: string, now: number): ContactReply[] | undefined {
  if (!Array.isArray(cached)) return undefined;
  const contacts = cached.map((entry) => readShape(entry, SHAPE));
  const own = contacts.filter((contact) => contact?.endpoint === endpoint) as ContactReply[];
  return living(own, now).length === cached.length ? own : undefined;
}

/** How long a list is as good as the table: until the first of its registrations ends. `now` is in Unix seconds. */
export function lifetimeSeconds(contacts: readonly ContactReply[], now: number): number {
  const ends = contacts.map(({ expiration_time: end }) => end).filter((end) => end !== 0);
  const left = Math.min(...ends) - now;
  if (left <= 0) return TTL_ENDED_SECONDS;
  return Math.max(1, Math.min(TTL_MAX_SECONDS, Math.floor(left)));
}

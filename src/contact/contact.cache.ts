import { CONTACTS_PREFIX, readShape, type Shape } from '../platform/cache/cache';
import type { ContactReply } from './contact.dto';

export const CONTACTS_CACHE = 'contacts';

/** The original uses the same key. */
export function contactsKey(endpointId: string): string {
  return `${CONTACTS_PREFIX}${endpointId}`;
}

/** The original keeps a list for as long. */
const TTL_MAX_SECONDS = 180;
/** For a list with a registration that has ended: the phone may be about to refresh it. */
const TTL_ENDED_SECONDS = 5;
/** Asterisk prunes contacts every 30 s; a row that ended longer ago than this is a leftover. */
const GRACE_SECONDS = 60;

const SHAPE: Shape<ContactReply> = {
  ...({ id: 'text', uri: 'text', expiration_time: 'number', qualify_frequency: 'number' } as const),
  ...({ outbound_proxy: 'text', path: 'text', user_agent: 'text', qualify_timeout: 'number' } as const),
  ...({ reg_server: 'text', authenticate_qualify: 'text', via_addr: 'text', via_port: 'number' } as const),
  ...({ call_id: 'text', endpoint: 'text', prune_on_boot: 'text' } as const),
};

/** The contacts that may still be registered. An `expiration_time` of 0 never ends. */
export function living(contacts: readonly ContactReply[], now: number): ContactReply[] {
  return contacts.filter(({ expiration_time: end }) => end === 0 || end >= now - GRACE_SECONDS);
}

/**
 * The cached list of an endpoint. `undefined` when the value is no such list, or when an entry ended longer ago than
 * the grace time: the phone may have refreshed its registration, which changes the table and not the cache.
 */
export function cachedContacts(cached: unknown, endpoint: string, now: number): ContactReply[] | undefined {
  if (!Array.isArray(cached)) return undefined;
  const contacts = cached.map((entry) => readShape(entry, SHAPE));
  const own = contacts.filter((contact) => contact?.endpoint === endpoint) as ContactReply[];
  return living(own, now).length === cached.length ? own : undefined;
}

/** How long to cache a list: until its first registration ends, within limits. `now` is in Unix seconds. */
export function lifetimeSeconds(contacts: readonly ContactReply[], now: number): number {
  const ends = contacts.map(({ expiration_time: end }) => end).filter((end) => end !== 0);
  const left = Math.min(...ends) - now;
  if (left <= 0) return TTL_ENDED_SECONDS;
  return Math.max(1, Math.min(TTL_MAX_SECONDS, Math.floor(left)));
}

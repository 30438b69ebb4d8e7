import type { CacheEntry } from '../platform/cache/cache';
import type { DomainEvent, PendingEvent } from '../platform/messaging/outbox/outbox';
import { hasWireTimes } from '../platform/wire/wire-time';
import type { ExtensionReply } from './extension.dto';

/** The original keeps records for a day; less, so that a correction by hand shows within the hour. */
const TTL_SECONDS = 3_600;
const CONTACTS_PREFIX = 'ast_contacts:';

export const EXTENSION_CACHE = 'extension';

export function extensionKey(id: string): string {
  return `registrar:extension:${id}`;
}

export function extensionNumberKey(customerId: string, extension: string): string {
  return `registrar:customer_id_extension:${customerId}:${extension}`;
}

function lookupKeys(record: ExtensionReply): string[] {
  return [
    `registrar:extension_endpoint_id:${record.endpoint_id}`,
    extensionNumberKey(record.customer_id, record.extension),
  ];
}

/** A saved change, before it is announced. */
export interface ExtensionChange {
  readonly before: ExtensionReply;
  readonly after: ExtensionReply;
  readonly event: PendingEvent;
}

/** Every key under which a record, or who is registered for it, may be cached. */
export function extensionCacheKeys(record: ExtensionReply): string[] {
  return [extensionKey(record.id), ...lookupKeys(record), contactsKey(record)];
}

export function contactsKey(record: Pick<ExtensionReply, 'endpoint_id'>): string {
  return `${CONTACTS_PREFIX}${record.endpoint_id}`;
}

/**
 * What the cache is to hold of a record. A deleted one stays under its id alone; `previous` is the record before a change,
 * whose look-up keys may lead elsewhere now.
 */
export function extensionCacheEntry(record: ExtensionReply, previous?: ExtensionReply): CacheEntry {
  const current = record.tm_delete === null ? lookupKeys(record) : [];
  const former = lookupKeys(previous ?? record).filter((key) => !current.includes(key));
  const isGone = record.tm_delete !== null;
  return {
    primary: extensionKey(record.id),
    secondary: current,
    dropped: isGone || previous !== undefined ? [...former, ...(isGone ? [contactsKey(record)] : [])] : [],
    value: record,
    ttlSeconds: TTL_SECONDS,
  };
}

/** Whether a cached value answers for this id; what is not in our own form is read anew from the database. */
export function isCachedExtension(cached: ExtensionReply | undefined, id: string): cached is ExtensionReply {
  return cached?.id === id && hasWireTimes(cached);
}

/** Whether a cached value is the customer's living extension of that number, byte for byte. */
export function isCachedNumber(
  cached: ExtensionReply | undefined,
  customerId: string,
  extension: string,
): cached is ExtensionReply {
  if (cached?.extension !== extension || cached.customer_id !== customerId) return false;
  return cached.tm_delete === null && hasWireTimes(cached);
}

/** What an event has to tell of a record, and the cache keys that the change made wrong. */
export function extensionEvent(type: string, data: ExtensionReply, previous: ExtensionReply = data): DomainEvent {
  const cacheKeys = [...new Set([...extensionCacheKeys(data), ...extensionCacheKeys(previous)])];
  return { type, resourceId: data.id, data, cacheKeys };
}

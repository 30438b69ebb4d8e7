import { contactsKey } from '../contact/contact.cache';
import { type CacheEntry, readShape, type Shape } from '../platform/cache/cache';
import { hasWireTimes } from '../platform/wire/wire-time';
import type { ExtensionReply } from './extension.dto';

/** One hour, not a day as in the original: a correction by hand then shows within the hour. */
const TTL_SECONDS = 3_600;

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

/** Every key under which a record or its contacts may be cached. */
export function extensionCacheKeys(record: ExtensionReply): string[] {
  return [extensionKey(record.id), ...lookupKeys(record), contactsKey(record.endpoint_id)];
}

/**
 * The cache entry of a record. A deleted record stays under its id only. `previous` is the record before a change; its
 * look-up keys that no longer apply are dropped.
 */
export function extensionCacheEntry(record: ExtensionReply, previous: ExtensionReply = record): CacheEntry {
  const isGone = record.tm_delete !== null;
  const current = isGone ? [] : lookupKeys(record);
  const former = lookupKeys(previous).filter((key) => !current.includes(key));
  return {
    primary: extensionKey(record.id),
    secondary: current,
    dropped: former,
    value: record,
    ttlSeconds: TTL_SECONDS,
  };
}

/** The entry of a new record. It has no contacts yet, so cached contacts of the same endpoint id are dropped. */
export function newExtensionCacheEntry(record: ExtensionReply): CacheEntry {
  return { ...extensionCacheEntry(record), dropped: [contactsKey(record.endpoint_id)] };
}

const SHAPE: Shape<ExtensionReply> = {
  ...({ id: 'text', customer_id: 'text', name: 'text', detail: 'text', endpoint_id: 'text', aor_id: 'text' } as const),
  ...({ auth_id: 'text', extension: 'text', domain_name: 'text', realm: 'text', username: 'text' } as const),
  ...({ password: 'text', direct_id: 'text', direct_hash: 'text' } as const),
  ...({ tm_create: 'text or null', tm_update: 'text or null', tm_delete: 'text or null' } as const),
};

/** The cached extension if it has this id and the form that this service writes; `undefined` otherwise. */
export function cachedExtension(cached: unknown, id: string): ExtensionReply | undefined {
  const extension = readShape(cached, SHAPE);
  return extension?.id === id && hasWireTimes(extension) ? extension : undefined;
}

/** The cached extension if it is the customer's living one and its number is equal byte for byte. */
export function cachedNumber(cached: unknown, customerId: string, number: string): ExtensionReply | undefined {
  const extension = readShape(cached, SHAPE);
  if (extension?.extension !== number || extension.customer_id !== customerId) return undefined;
  return extension.tm_delete === null && hasWireTimes(extension) ? extension : undefined;
}

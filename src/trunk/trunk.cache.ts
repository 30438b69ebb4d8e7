import { type CacheEntry, readShape, type Shape } from '../platform/cache/cache';
import { hasWireTimes } from '../platform/wire/wire-time';
import type { TrunkReply } from './trunk.dto';

const TTL_SECONDS = 3_600;

export const TRUNK_CACHE = 'trunk';

export function trunkKey(id: string): string {
  return `registrar:trunk:${id}`;
}

export function trunkDomainKey(domainName: string): string {
  return `registrar:trunk_domain_name:${domainName}`;
}

export function trunkCacheKeys(trunk: TrunkReply): string[] {
  return [trunkKey(trunk.id), trunkDomainKey(trunk.domain_name)];
}

const SHAPE: Shape<TrunkReply> = {
  ...({ id: 'text', customer_id: 'text', name: 'text', detail: 'text', domain_name: 'text' } as const),
  ...({ auth_types: 'texts', realm: 'text', username: 'text', password: 'text', allowed_ips: 'texts' } as const),
  ...({ tm_create: 'text or null', tm_update: 'text or null', tm_delete: 'text or null' } as const),
};

/** The cached trunk if it has this id and the form that this service writes; `undefined` otherwise. */
export function cachedTrunk(cached: unknown, id: string): TrunkReply | undefined {
  const trunk = readShape(cached, SHAPE);
  return trunk?.id === id && hasWireTimes(trunk) ? trunk : undefined;
}

/** The cached trunk if it is a living one and its domain name is equal byte for byte. */
export function cachedDomain(cached: unknown, domainName: string): TrunkReply | undefined {
  const trunk = readShape(cached, SHAPE);
  if (trunk?.domain_name !== domainName || trunk.tm_delete !== null) return undefined;
  return hasWireTimes(trunk) ? trunk : undefined;
}

/** A deleted trunk stays under its id only. `previous` is the trunk before a change that may have renamed it. */
export function trunkCacheEntry(trunk: TrunkReply, previous: TrunkReply = trunk): CacheEntry {
  const secondary = trunk.tm_delete === null ? [trunkDomainKey(trunk.domain_name)] : [];
  const dropped = [trunkDomainKey(previous.domain_name)].filter((key) => !secondary.includes(key));
  return { primary: trunkKey(trunk.id), secondary, dropped, value: trunk, ttlSeconds: TTL_SECONDS };
}

import type { CacheEntry } from '../platform/cache/cache';
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

/** Whether a cached value answers for this id; what is not in our own form is read anew from the database. */
export function isCachedTrunk(cached: TrunkReply | undefined, id: string): cached is TrunkReply {
  return cached?.id === id && isInOwnForm(cached);
}

/** Whether a cached value is the living trunk of that domain, byte for byte. */
export function isCachedDomain(cached: TrunkReply | undefined, domainName: string): cached is TrunkReply {
  return cached?.domain_name === domainName && cached.tm_delete === null && isInOwnForm(cached);
}

function isInOwnForm(cached: TrunkReply): boolean {
  return hasWireTimes(cached) && Array.isArray(cached.auth_types) && Array.isArray(cached.allowed_ips);
}

/** A deleted trunk stays under its id alone; `previous` is the trunk before a change that may have renamed it. */
export function trunkCacheEntry(trunk: TrunkReply, previous: TrunkReply = trunk): CacheEntry {
  const secondary = trunk.tm_delete === null ? [trunkDomainKey(trunk.domain_name)] : [];
  const dropped = [trunkDomainKey(previous.domain_name)].filter((key) => !secondary.includes(key));
  return { primary: trunkKey(trunk.id), secondary, dropped, value: trunk, ttlSeconds: TTL_SECONDS };
}

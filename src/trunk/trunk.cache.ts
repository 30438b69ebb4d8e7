import type { CacheEntry } from '../platform/cache/cache';
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

/** A deleted trunk stays under its id alone; `previous` is the trunk before a change that may have renamed it. */
export function trunkCacheEntry(trunk: TrunkReply, previous: TrunkReply = trunk): CacheEntry {
  const secondary = trunk.tm_delete === null ? [trunkDomainKey(trunk.domain_name)] : [];
  const dropped = [trunkDomainKey(previous.domain_name)].filter((key) => !secondary.includes(key));
  return { primary: trunkKey(trunk.id), secondary, dropped, value: trunk, ttlSeconds: TTL_SECONDS };
}

import { Injectable } from '@nestjs/common';
import { Cache } from '../platform/cache/cache';
import { convertEach } from '../platform/convert-each';
import type { ListRequest } from '../platform/wire/list-request';
import { TRUNK_CACHE, cachedDomain, cachedTrunk, trunkCacheEntry, trunkDomainKey, trunkKey } from './trunk.cache';
import { toTrunkReply, type TrunkReply } from './trunk.dto';
import type { TrunkRow } from './trunk.entity';
import { trunkNotFound } from './trunk.errors';
import { TrunkRepository } from './trunk.repository';

/** Reads trunks from the cache, or else from the database. */
@Injectable()
export class TrunkReader {
  constructor(
    private readonly cache: Cache,
    private readonly trunks: TrunkRepository,
  ) {}

  /** Returns deleted trunks too, as the original does. Throws `NOT_FOUND`. */
  async get(id: string): Promise<TrunkReply> {
    const cached = cachedTrunk(await this.cache.read(TRUNK_CACHE, trunkKey(id)), id);
    if (cached !== undefined) return cached;
    const trunk = await this.trunks.findById(id);
    if (trunk === null) throw trunkNotFound();
    return this.storeInCache(trunk);
  }

  /** The living trunk with that domain name, of any customer. Throws `NOT_FOUND`. */
  async getByDomain(domainName: string): Promise<TrunkReply> {
    const cached = cachedDomain(await this.cache.read(TRUNK_CACHE, trunkDomainKey(domainName)), domainName);
    if (cached !== undefined) return cached;
    const trunk = await this.trunks.findByDomain(domainName);
    if (trunk === null) throw trunkNotFound();
    return this.storeInCache(trunk);
  }

  async list(request: ListRequest): Promise<TrunkReply[]> {
    return convertEach(await this.trunks.list(request), toTrunkReply);
  }

  async count(customerId: string): Promise<{ count: number }> {
    return { count: await this.trunks.count(customerId) };
  }

  /** Ids of a customer's living trunks in id order, after `afterId`. */
  listAliveIds(customerId: string, afterId: string, limit: number): Promise<string[]> {
    return this.trunks.listAliveIds(customerId, afterId, limit);
  }

  private async storeInCache(trunk: TrunkRow): Promise<TrunkReply> {
    const reply = toTrunkReply(trunk);
    await this.cache.store(trunkCacheEntry(reply));
    return reply;
  }
}

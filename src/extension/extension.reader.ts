import { Injectable } from '@nestjs/common';
import { Cache } from '../platform/cache/cache';
import { convertEach } from '../platform/convert-each';
import type { ListRequest } from '../platform/wire/list-request';
import {
  EXTENSION_CACHE,
  cachedExtension,
  cachedNumber,
  extensionCacheEntry,
  extensionKey,
  extensionNumberKey,
} from './extension.cache';
import { toExtensionReply, type ExtensionReply, type FindExtensionDto } from './extension.dto';
import type { ExtensionRow } from './extension.entity';
import { extensionNotFound } from './extension.errors';
import { ExtensionRepository, type SharingRecords } from './extension.repository';

export type { SharingRecords };

/** Reads extensions from the cache, or else from the database. */
@Injectable()
export class ExtensionReader {
  constructor(
    private readonly cache: Cache,
    private readonly extensions: ExtensionRepository,
  ) {}

  /** Returns deleted extensions too, as the original does. Throws `NOT_FOUND`. */
  async get(id: string): Promise<ExtensionReply> {
    const cached = cachedExtension(await this.cache.read(EXTENSION_CACHE, extensionKey(id)), id);
    if (cached !== undefined) return cached;
    const record = await this.extensions.findById(id);
    if (record === null) throw extensionNotFound();
    return this.storeInCache(record);
  }

  /** The customer's living extension of that number. Throws `NOT_FOUND`. */
  async getByNumber(extension: string, { customerId }: FindExtensionDto): Promise<ExtensionReply> {
    const found = await this.findByNumber(customerId, extension);
    if (found === undefined) throw extensionNotFound();
    return found;
  }

  /** The customer's living extension of that number, if there is one. */
  async findByNumber(customerId: string, extension: string): Promise<ExtensionReply | undefined> {
    const key = extensionNumberKey(customerId, extension);
    const cached = cachedNumber(await this.cache.read(EXTENSION_CACHE, key), customerId, extension);
    if (cached !== undefined) return cached;
    const record = await this.extensions.findByNumber(customerId, extension);
    return record === null ? undefined : this.storeInCache(record);
  }

  /** The record as the database has it, deleted or not. Throws `NOT_FOUND`. */
  async getStored(id: string): Promise<ExtensionRow> {
    const record = await this.extensions.findById(id);
    if (record === null) throw extensionNotFound();
    return record;
  }

  /** The customer's newest living extension of that number, as the database has it. */
  findStoredByNumber(customerId: string, extension: string): Promise<ExtensionRow | null> {
    return this.extensions.findByNumber(customerId, extension);
  }

  /** Living records that have its login, number or user name, too. */
  listSharing(record: ExtensionRow): Promise<SharingRecords> {
    return this.extensions.listSharing(record);
  }

  async list(request: ListRequest): Promise<ExtensionReply[]> {
    return convertEach(await this.extensions.list(request), toExtensionReply);
  }

  async count(customerId: string): Promise<{ count: number }> {
    return { count: await this.extensions.count(customerId) };
  }

  /** Ids of a customer's living extensions in id order, after `afterId`. */
  listAliveIds(customerId: string, afterId: string, limit: number): Promise<string[]> {
    return this.extensions.listAliveIds(customerId, afterId, limit);
  }

  private async storeInCache(record: ExtensionRow): Promise<ExtensionReply> {
    const reply = toExtensionReply(record);
    await this.cache.store(extensionCacheEntry(reply));
    return reply;
  }
}

import { Injectable } from '@nestjs/common';
import { Cache } from '../platform/cache/cache';
import { isAlive } from '../platform/database/alive';
import { Transactions, UncertainOutcome } from '../platform/database/transactions';
import type { ListRequest } from '../platform/wire/list-request';
import { Outbox, type PendingEvent } from '../platform/messaging/outbox/outbox';
import { Metrics } from '../platform/observability/metrics/metrics';
import { SipAuthService } from '../sip-auth/sip-auth.service';
import { MicroClock } from '../platform/wire/wire-time';
import {
  EXTENSION_CACHE,
  cachedExtension,
  cachedNumber,
  contactsKey,
  extensionCacheEntry,
  extensionEvent,
  extensionKey,
  extensionNumberKey,
} from './extension.cache';
import {
  ChangeExtensionDto,
  toExtensionReply,
  type CreateExtensionDto,
  type ExtensionReply,
  type FindExtensionDto,
  type UpdateExtensionDto,
} from './extension.dto';
import type { ExtensionRow } from './extension.entity';
import { extensionNotFound } from './extension.errors';
import { ExtensionChanges } from './extension.changes';
import { ExtensionCreation } from './extension.creation';
import { ExtensionDirectHash } from './extension.direct-hash';
import { ExtensionProvisioning } from './extension.provisioning';
import { ExtensionRepository } from './extension.repository';

/** Extensions: people's SIP accounts, from the first number to the last. */
@Injectable()
export class ExtensionService {
  constructor(
    private readonly extensions: ExtensionRepository,
    private readonly provisioning: ExtensionProvisioning,
    private readonly changes: ExtensionChanges,
    private readonly sipAuth: SipAuthService,
    private readonly creation: ExtensionCreation,
    private readonly directHash: ExtensionDirectHash,
    private readonly transactions: Transactions,
    private readonly outbox: Outbox,
    private readonly cache: Cache,
    private readonly clock: MicroClock,
    private readonly metrics: Metrics,
  ) {}

  /** Throws `RESOURCE_EXHAUSTED`, `ALREADY_EXISTS`, `UNAVAILABLE`. */
  create(request: CreateExtensionDto): Promise<ExtensionReply> {
    return this.creation.create(request);
  }

  /** Also a deleted one, as callers of the original may. Throws `NOT_FOUND`. */
  async get(id: string): Promise<ExtensionReply> {
    const cached = cachedExtension(await this.cache.read(EXTENSION_CACHE, extensionKey(id)), id);
    if (cached !== undefined) return cached;
    const record = await this.extensions.findById(id);
    if (record === null) throw extensionNotFound();
    return this.remember(record);
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
    return record === null ? undefined : this.remember(record);
  }

  async list(request: ListRequest): Promise<ExtensionReply[]> {
    return (await this.extensions.list(request)).map(toExtensionReply);
  }

  async count(customerId: string): Promise<{ count: number }> {
    return { count: await this.extensions.count(customerId) };
  }

  /** Ids of a customer's living extensions in id order, after `afterId`. */
  listAliveIds(customerId: string, afterId: string, limit: number): Promise<string[]> {
    return this.extensions.listAliveIds(customerId, afterId, limit);
  }

  /** Replaces name and detail; an empty password keeps the stored one. Throws `NOT_FOUND`, also for a deleted one. */
  update(id: string, { name, detail, password }: UpdateExtensionDto): Promise<ExtensionReply> {
    const changes = Object.assign(new ChangeExtensionDto(), { name, detail, ...(password !== '' && { password }) });
    return this.changes.change(id, changes);
  }

  /** Changes what is given, the number and the user name too. Throws `NOT_FOUND`, `ALREADY_EXISTS`, `UNAVAILABLE`. */
  change(id: string, changes: ChangeExtensionDto): Promise<ExtensionReply> {
    return this.changes.change(id, changes);
  }

  /** A deleted one is returned as it is. Throws `NOT_FOUND`. */
  async delete(id: string): Promise<ExtensionReply> {
    const deleted = await this.revokeOrSettle(id);
    if (deleted.event === undefined) return deleted.after;
    await this.outbox.announce(deleted.event, extensionCacheEntry(deleted.after));
    await this.cache.forget([contactsKey(deleted.after.endpoint_id)]);
    this.metrics.extensionDeleted();
    this.directHash.drop(deleted.after.direct_id, 'delete');
    return deleted.after;
  }

  /** Throws `NOT_FOUND`, also for a deleted one. */
  regenerateDirectHash(id: string): Promise<ExtensionReply> {
    return this.directHash.regenerate(id);
  }

  private revoke(id: string): Promise<{ after: ExtensionReply; event?: PendingEvent }> {
    return this.transactions.loginCommitsFirst('extension.delete', async ({ bin, asterisk }) => {
      const current = await this.extensions.lock(bin, id);
      if (!isAlive(current)) return { after: toExtensionReply(current) };
      const now = this.clock.after(current.tmUpdate ?? current.tmCreate);
      const after = toExtensionReply({ ...current, tmUpdate: now, tmDelete: now });
      await this.extensions.update(bin, { id, tmUpdate: now, tmDelete: now });
      await this.sipAuth.remove(bin, id);
      const event = await this.outbox.write(bin, extensionEvent('extension_deleted', after));
      await this.provisioning.takeAway({ bin, asterisk }, current);
      return { after, event };
    });
  }

  /** After a commit whose end was not seen, the record decides; the caller is told to try again either way. */
  private async revokeOrSettle(id: string): ReturnType<ExtensionService['revoke']> {
    try {
      return await this.revoke(id);
    } catch (error) {
      if (error instanceof UncertainOutcome) await this.provisioning.settle(id, error);
      throw error;
    }
  }

  private async remember(record: ExtensionRow): Promise<ExtensionReply> {
    const reply = toExtensionReply(record);
    await this.cache.store(extensionCacheEntry(reply));
    return reply;
  }
}

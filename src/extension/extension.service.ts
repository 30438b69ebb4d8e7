import { Injectable } from '@nestjs/common';
import { AsteriskService } from '../asterisk/asterisk.service';
import { Cache } from '../platform/cache/cache';
import { Config } from '../platform/config/config';
import { isAlive } from '../platform/database/alive';
import { Transactions, UncertainOutcome } from '../platform/database/transactions';
import type { ListRequest } from '../platform/listing/list-request';
import { Outbox, type PendingEvent } from '../platform/messaging/outbox/outbox';
import { Metrics } from '../platform/observability/metrics';
import { SipAuthService } from '../sip-auth/sip-auth.service';
import { MicroClock } from '../platform/wire/wire-time';
import {
  EXTENSION_CACHE,
  contactsKey,
  extensionCacheEntry,
  extensionEvent,
  extensionKey,
  extensionNumberKey,
  isCachedExtension,
  isCachedNumber,
  type ExtensionChange,
} from './extension.cache';
import {
  toExtensionReply,
  type ChangeExtensionDto,
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
import { loginOf } from './extension.record';
import { ExtensionRepository } from './extension.repository';

/** Extensions: people's SIP accounts, from the first number to the last. */
@Injectable()
export class ExtensionService {
  constructor(
    private readonly config: Config,
    private readonly extensions: ExtensionRepository,
    private readonly provisioning: ExtensionProvisioning,
    private readonly changes: ExtensionChanges,
    private readonly asterisk: AsteriskService,
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
    const cached = await this.cache.read<ExtensionReply>(EXTENSION_CACHE, extensionKey(id));
    if (isCachedExtension(cached, id)) return cached;
    const record = await this.extensions.findById(id);
    if (record === null) throw extensionNotFound();
    return this.remember(record);
  }

  /** The customer's living extension of that number. Throws `NOT_FOUND`. */
  async getByNumber(extension: string, { customerId }: FindExtensionDto): Promise<ExtensionReply> {
    const key = extensionNumberKey(customerId, extension);
    const cached = await this.cache.read<ExtensionReply>(EXTENSION_CACHE, key);
    if (isCachedNumber(cached, customerId, extension)) return cached;
    const record = await this.extensions.findByNumber(customerId, extension);
    if (record === null) throw extensionNotFound();
    return this.remember(record);
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
  async update(id: string, request: UpdateExtensionDto): Promise<ExtensionReply> {
    const { before, after, event } = await this.settling(id, () =>
      request.password === '' ? this.describe(id, request) : this.changePassword(id, request),
    );
    await this.outbox.announce(event, extensionCacheEntry(after, before));
    if (after.password !== before.password && this.flushesContacts) await this.cache.forget([contactsKey(after)]);
    return after;
  }

  /** Changes what is given, the number and the user name too. Throws `NOT_FOUND`, `ALREADY_EXISTS`, `UNAVAILABLE`. */
  change(id: string, changes: ChangeExtensionDto): Promise<ExtensionReply> {
    return this.changes.change(id, changes);
  }

  /** A deleted one is returned as it is. Throws `NOT_FOUND`. */
  async delete(id: string): Promise<ExtensionReply> {
    const deleted = await this.settling(id, () => this.revoke(id));
    if (deleted.event === undefined) return deleted.after;
    await this.outbox.announce(deleted.event, extensionCacheEntry(deleted.after));
    await this.cache.forget([contactsKey(deleted.after)]);
    this.metrics.extensionDeleted();
    this.directHash.drop(deleted.after.direct_id, 'delete');
    return deleted.after;
  }

  /** Throws `NOT_FOUND`, also for a deleted one. */
  regenerateDirectHash(id: string): Promise<ExtensionReply> {
    return this.directHash.regenerate(id);
  }

  private get flushesContacts(): boolean {
    return this.config.contactsOnPasswordChange === 'flush';
  }

  private describe(id: string, { name, detail }: UpdateExtensionDto): Promise<ExtensionChange> {
    return this.transactions.bin(async (bin) => {
      const current = await this.extensions.lockAlive(bin, id);
      const next = { ...current, name, detail, tmUpdate: this.clock.after(current.tmUpdate ?? current.tmCreate) };
      await this.extensions.update(bin, { id, name, detail, tmUpdate: next.tmUpdate });
      await this.provisioning.project(bin, next);
      return this.changed(bin, current, next);
    });
  }

  private changePassword(id: string, { name, detail, password }: UpdateExtensionDto): Promise<ExtensionChange> {
    return this.transactions.recordCommitsFirst('extension.update', async ({ bin, asterisk }) => {
      const current = await this.extensions.lockAlive(bin, id);
      const tmUpdate = this.clock.after(current.tmUpdate ?? current.tmCreate);
      const next = { ...current, name, detail, password, tmUpdate };
      await this.extensions.update(bin, { id, name, detail, password, tmUpdate });
      await this.provisioning.project(bin, next);
      const change = await this.changed(bin, current, next);
      await this.asterisk.changePassword(asterisk, loginOf(next));
      if (password !== current.password && this.flushesContacts) {
        await this.asterisk.dropContacts(asterisk, current.endpointId);
      }
      return change;
    });
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

  private async changed(
    bin: Parameters<Outbox['write']>[0],
    current: ExtensionRow,
    next: ExtensionRow,
  ): Promise<ExtensionChange> {
    const after = toExtensionReply(next);
    const event = await this.outbox.write(bin, extensionEvent('extension_updated', after));
    return { before: toExtensionReply(current), after, event };
  }

  /** After a commit whose end was not seen, the record decides; the caller is told to try again either way. */
  private async settling<T>(id: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
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

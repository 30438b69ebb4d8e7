import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AsteriskService } from '../asterisk/asterisk.service';
import { identityInRealm } from '../asterisk/endpoint-identity';
import { Cache } from '../platform/cache/cache';
import { Config } from '../platform/config/config';
import { isAlive } from '../platform/database/alive';
import { Transactions, UncertainOutcome, type OpenTransactions } from '../platform/database/transactions';
import { Outbox } from '../platform/messaging/outbox/outbox';
import { MicroClock } from '../platform/wire/wire-time';
import { contactsKey, extensionCacheEntry, extensionEvent, type ExtensionChange } from './extension.cache';
import { toExtensionReply, type ChangeExtensionDto, type ExtensionReply } from './extension.dto';
import type { ExtensionRow } from './extension.entity';
import { extensionNotFound } from './extension.errors';
import { ExtensionProvisioning } from './extension.provisioning';
import { loginOf } from './extension.record';
import { ExtensionRepository } from './extension.repository';

/** Partial changes, among them those that move an extension to another number or user name: everywhere or nowhere. */
@Injectable()
export class ExtensionChanges {
  constructor(
    private readonly config: Config,
    private readonly extensions: ExtensionRepository,
    private readonly provisioning: ExtensionProvisioning,
    private readonly asterisk: AsteriskService,
    private readonly transactions: Transactions,
    private readonly outbox: Outbox,
    private readonly cache: Cache,
    private readonly clock: MicroClock,
  ) {}

  async change(id: string, changes: ChangeExtensionDto): Promise<ExtensionReply> {
    const seen = await this.extensions.findById(id);
    if (seen === null || !isAlive(seen)) throw extensionNotFound();
    const wanted = withChanges(seen, changes);
    if (wanted.extension !== seen.extension || wanted.username !== seen.username) {
      await this.extensions.assertFree(seen.customerId, wanted.extension, wanted.username, id);
    }
    const { before, after, event } = await this.save(id, changes, seen);
    await this.outbox.announce(event, extensionCacheEntry(after, before));
    if (this.endsRegistrations(before, after)) await this.cache.forget([contactsKey(before), contactsKey(after)]);
    return after;
  }

  private async save(id: string, changes: ChangeExtensionDto, seen: ExtensionRow): Promise<ExtensionChange> {
    try {
      return await this.transactions.recordCommitsFirst('extension.change', async ({ bin, asterisk }) => {
        const current = await this.extensions.lockAlive(bin, id);
        const tmUpdate = this.clock.after(current.tmUpdate ?? current.tmCreate);
        const next = { ...withChanges(current, changes), tmUpdate };
        const changed = await this.saveRecord(bin, current, next);
        await this.saveLogin({ bin, asterisk }, current, next);
        return changed;
      });
    } catch (error) {
      if (error instanceof UncertainOutcome) await this.provisioning.settleRename(id, seen, error);
      throw error;
    }
  }

  private async saveRecord(bin: EntityManager, current: ExtensionRow, next: ExtensionRow): Promise<ExtensionChange> {
    await this.extensions.update(bin, next);
    await this.provisioning.project(bin, next);
    const [before, after] = [toExtensionReply(current), toExtensionReply(next)];
    return { before, after, event: await this.outbox.write(bin, extensionEvent('extension_updated', after, before)) };
  }

  private async saveLogin(
    { bin, asterisk }: OpenTransactions,
    current: ExtensionRow,
    next: ExtensionRow,
  ): Promise<void> {
    const isMoved = current.endpointId !== next.endpointId;
    if (!isMoved && current.username === next.username && current.password === next.password) return;
    if (isMoved) await this.provisioning.takeAway({ bin, asterisk }, current);
    await this.asterisk.provision(asterisk, loginOf(next));
    if (!isMoved && this.flushesContacts) {
      await this.asterisk.dropContacts(asterisk, current.endpointId);
    }
  }

  private endsRegistrations(before: ExtensionReply, after: ExtensionReply): boolean {
    if (before.endpoint_id !== after.endpoint_id) return true;
    return this.flushesContacts && (before.password !== after.password || before.username !== after.username);
  }

  private get flushesContacts(): boolean {
    return this.config.contactsOnPasswordChange === 'flush';
  }
}

/** A user name that was the number stays the number. */
function withChanges(current: ExtensionRow, changes: ChangeExtensionDto): ExtensionRow {
  const extension = changes.extension ?? current.extension;
  const follower = current.username === current.extension ? extension : current.username;
  const moved = extension === current.extension ? {} : identityInRealm(extension, current.realm);
  return {
    ...current,
    ...moved,
    name: changes.name ?? current.name,
    detail: changes.detail ?? current.detail,
    password: changes.password ?? current.password,
    extension,
    username: changes.username ?? follower,
  };
}

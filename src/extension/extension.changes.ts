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

interface Rows {
  readonly current: ExtensionRow;
  readonly next: ExtensionRow;
}

/** Every change of a living extension, whoever asks for it: everywhere or nowhere. */
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

  /** What is not given stays as it is. Throws `NOT_FOUND`, also for a deleted one, `ALREADY_EXISTS`, `UNAVAILABLE`. */
  async change(id: string, changes: ChangeExtensionDto): Promise<ExtensionReply> {
    if (changes.extension !== undefined || changes.username !== undefined) await this.assertFree(id, changes);
    const { before, after, event } = await this.save(id, changes);
    await this.outbox.announce(event, extensionCacheEntry(after, before));
    if (this.endsRegistrations(before, after))
      await this.cache.forget([before, after].map((record) => contactsKey(record.endpoint_id)));
    return after;
  }

  private async assertFree(id: string, changes: ChangeExtensionDto): Promise<void> {
    const seen = await this.extensions.findById(id);
    if (seen === null || !isAlive(seen)) throw extensionNotFound();
    const { customerId, extension, username } = withChanges(seen, changes);
    if (extension === seen.extension && username === seen.username) return;
    await this.extensions.assertFree(customerId, extension, username, id);
  }

  private async save(id: string, changes: ChangeExtensionDto): Promise<ExtensionChange> {
    let former: ExtensionRow | undefined;
    const saveRecord = async (bin: EntityManager): Promise<Rows> => {
      former = await this.extensions.lockAlive(bin, id);
      const tmUpdate = this.clock.after(former.tmUpdate ?? former.tmCreate);
      const next = { ...withChanges(former, changes), tmUpdate };
      await this.extensions.update(bin, { id, ...differences(former, next) });
      await this.provisioning.project(bin, next);
      return { current: former, next };
    };
    try {
      if (!touchesLogin(changes)) {
        return await this.transactions.bin(async (bin) => this.announced(bin, await saveRecord(bin)));
      }
      return await this.transactions.recordCommitsFirst('extension.update', async (open) => {
        const rows = await saveRecord(open.bin);
        const change = await this.announced(open.bin, rows);
        await this.saveLogin(open, rows);
        return change;
      });
    } catch (error) {
      // The record decides; the caller is told to try again either way.
      if (error instanceof UncertainOutcome) await this.provisioning.settleChange(id, former, error);
      throw error;
    }
  }

  private async announced(bin: EntityManager, { current, next }: Rows): Promise<ExtensionChange> {
    const [before, after] = [toExtensionReply(current), toExtensionReply(next)];
    return { before, after, event: await this.outbox.write(bin, extensionEvent('extension_updated', after, before)) };
  }

  /** The credential is set even to what it was: the row may hold something else. */
  private async saveLogin(open: OpenTransactions, { current, next }: Rows): Promise<void> {
    if (current.endpointId !== next.endpointId) return this.provisioning.move(open, current, next);
    await this.asterisk.changeCredential(open.asterisk, loginOf(next));
    if (this.endsRegistrations(toExtensionReply(current), toExtensionReply(next))) {
      await this.asterisk.dropContacts(open.asterisk, next.endpointId);
    }
  }

  private endsRegistrations(before: ExtensionReply, after: ExtensionReply): boolean {
    if (before.endpoint_id !== after.endpoint_id) return true;
    const isFlushed = this.config.contactsOnPasswordChange === 'flush';
    return isFlushed && (before.password !== after.password || before.username !== after.username);
  }
}

function touchesLogin({ password, username, extension }: ChangeExtensionDto): boolean {
  return [password, username, extension].some((value) => value !== undefined);
}

/** A column whose value stays is not written: rows from before may hold what the code reads as something else. */
function differences(former: ExtensionRow, next: ExtensionRow): Partial<ExtensionRow> {
  const columns = Object.keys(next) as (keyof ExtensionRow)[];
  return Object.fromEntries(columns.filter((name) => next[name] !== former[name]).map((name) => [name, next[name]]));
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

import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { identityInRealm, type EndpointIdentity } from '../asterisk/endpoint-identity';
import { BillingClient } from '../clients/billing.client';
import { contactsKey } from '../contact/contact.cache';
import { isAlive } from '../platform/database/alive';
import { mayBeOfFirstRun } from '../platform/database/first-run';
import type { Resource, Rows } from '../platform/database/saving/resource';
import { Saving } from '../platform/database/saving/saving';
import { currentContext } from '../platform/observability/request-context';
import { Metrics } from '../platform/observability/metrics/metrics';
import { extensionCacheEntry, extensionCacheKeys, newExtensionCacheEntry } from './extension.cache';
import { ExtensionDirectHash } from './extension.direct-hash';
import {
  toExtensionReply,
  type CreateExtensionDto,
  type ExtensionPatch,
  type ExtensionReply,
  type UpdateExtensionDto,
} from './extension.dto';
import type { ExtensionEntity, ExtensionRow } from './extension.entity';
import { extensionNotFound } from './extension.errors';
import { ExtensionLogin } from './extension.login';
import { ExtensionRepository } from './extension.repository';

/** Creates, changes and deletes extensions, in both databases. */
@Injectable()
export class ExtensionWriter {
  private readonly resource: Resource<ExtensionEntity, ExtensionReply>;

  constructor(
    private readonly extensions: ExtensionRepository,
    private readonly login: ExtensionLogin,
    private readonly directHash: ExtensionDirectHash,
    private readonly billing: BillingClient,
    private readonly saving: Saving,
    private readonly metrics: Metrics,
  ) {
    this.resource = {
      kind: 'extension',
      repository: extensions,
      toReply: toExtensionReply,
      cacheKeys: extensionCacheKeys,
      cacheEntry: (after, before) => (before ? extensionCacheEntry(after, before) : newExtensionCacheEntry(after)),
      align: (id, former) => login.align(id, former),
    };
  }

  /** Throws `RESOURCE_EXHAUSTED`, `ALREADY_EXISTS`, `UNAVAILABLE`. */
  async create(request: CreateExtensionDto): Promise<ExtensionReply> {
    const ofFirstRun = await this.findOfFirstRun(request);
    if (ofFirstRun !== undefined) return ofFirstRun;
    await this.saving.assertWritable();
    await this.billing.assertWithinLimit(request.customerId, 'extension');
    const draft = newExtension(request, this.login.identityOf(request));
    await this.extensions.assertFree(draft);
    const created = await this.directHash.createFor(draft, (direct) =>
      this.saving.create(
        this.resource,
        { ...draft, ...direct },
        {
          inBin: (bin, { after }) => this.login.project(bin, after),
          inAsterisk: (open, { after }) => this.login.provision(open, after),
        },
      ),
    );
    this.metrics.extensionCreated();
    return created;
  }

  /** Handles an update request for name, detail and password; an empty password keeps the stored one. */
  update(id: string, { name, detail, password }: UpdateExtensionDto): Promise<ExtensionReply> {
    return this.change(id, { name, detail, ...(password !== '' && { password }) });
  }

  /**
   * A missing field stays unchanged. Throws `NOT_FOUND`, also for a deleted extension, `ALREADY_EXISTS` and
   * `UNAVAILABLE`.
   */
  async change(id: string, patch: ExtensionPatch): Promise<ExtensionReply> {
    const { extension, username, password } = patch;
    if (extension !== undefined || username !== undefined) await this.assertFree(id, patch);
    const touchesLogin = [extension, username, password].some((value) => value !== undefined);
    return this.saving.change(this.resource, id, (current) => withPatch(current, patch), {
      inBin: (bin, { after }) => this.login.project(bin, after),
      inAsterisk: touchesLogin ? (open, rows) => this.login.change(open, rows) : undefined,
      isAsteriskBeside: (rows) => this.login.isOrderedByRecord(rows),
      forgets: (rows) => (this.login.endsRegistrations(rows) ? contactsKeys(rows) : []),
    });
  }

  /** Returns an extension that is already deleted unchanged. Throws `NOT_FOUND`. */
  async delete(id: string): Promise<ExtensionReply> {
    const { reply, wasAlive } = await this.saving.softDelete(this.resource, id, {
      inBin: (bin, { after }) => this.login.removeProjection(bin, after),
      inAsterisk: (open, { after }) => this.login.transferOrRevoke(open, after),
      isAsteriskBeside: (rows) => this.login.isOrderedByRecord(rows),
      forgets: contactsKeys,
    });
    if (!wasAlive) return reply;
    this.metrics.extensionDeleted();
    void this.directHash.drop(reply.direct_id, 'delete');
    return reply;
  }

  /** Deletes extensions together, and returns those that need a deletion of their own. */
  async deleteMany(ids: readonly string[]): Promise<readonly string[]> {
    if (this.login.mayBeShared) return ids;
    const { deleted, left } = await this.saving.softDeleteMany(this.resource, ids, {
      inBin: (bin, records) => this.login.removeProjection(bin, ...records),
      inAsterisk: (open, records) => this.login.revoke(open, records),
      forgets: contactsKeys,
    });
    for (let n = 0; n < deleted.length; n++) this.metrics.extensionDeleted();
    await this.directHash.dropAll(
      deleted.map((reply) => reply.direct_id),
      'delete',
    );
    return left;
  }

  /** Throws `NOT_FOUND`, also for a deleted extension. */
  async regenerateDirectHash(id: string): Promise<ExtensionReply> {
    const record = await this.findAlive(id);
    await this.saving.assertWritable();
    return this.directHash.regenerateFor(record, (direct) =>
      this.saving.change(this.resource, id, (current) => ({ ...current, ...direct }), {}),
    );
  }

  /**
   * The record that a first delivery of this request created before its process died. The broker delivers such a
   * request again; the caller must get the extension and not `ALREADY_EXISTS`. Completes the rows that the first run
   * left undone.
   */
  private async findOfFirstRun(request: CreateExtensionDto): Promise<ExtensionReply | undefined> {
    if (currentContext()?.isRedelivered !== true) return undefined;
    const record = await this.extensions.findByNumber(request.customerId, request.extension);
    if (record === null || !mayBeOfFirstRun(record) || !isWhatWasAsked(record, request)) return undefined;
    return toExtensionReply(await this.login.align(record.id));
  }

  private async assertFree(id: string, patch: ExtensionPatch): Promise<void> {
    const current = await this.findAlive(id);
    const changed = withPatch(current, patch);
    if (changed.extension === current.extension && changed.username === current.username) return;
    await this.extensions.assertFree(changed, id);
  }

  private async findAlive(id: string): Promise<ExtensionRow> {
    const record = await this.extensions.findById(id);
    if (!isAlive(record)) throw extensionNotFound();
    return record;
  }
}

/** A new record without its direct and its times. */
export function newExtension(
  request: CreateExtensionDto,
  identity: EndpointIdentity,
): Omit<ExtensionRow, 'directId' | 'directHash' | 'tmCreate' | 'tmUpdate' | 'tmDelete'> {
  const { customerId, name, detail, extension, password } = request;
  const username = request.username || extension;
  return {
    id: randomUUID(),
    customerId,
    name,
    detail,
    ...identity,
    extension,
    domainName: customerId,
    username,
    password,
  };
}

function isWhatWasAsked(record: ExtensionRow, { username, ...asked }: CreateExtensionDto): boolean {
  const isSame = (['extension', 'password', 'name', 'detail'] as const).every((name) => record[name] === asked[name]);
  return isSame && record.username === (username || asked.extension);
}

/** A user name that equals the number follows a change of the number. */
function withPatch(current: ExtensionRow, patch: ExtensionPatch): ExtensionRow {
  const extension = patch.extension ?? current.extension;
  const follower = current.username === current.extension ? extension : current.username;
  const moved = extension === current.extension ? {} : identityInRealm(extension, current.realm);
  return {
    ...current,
    ...moved,
    name: patch.name ?? current.name,
    detail: patch.detail ?? current.detail,
    password: patch.password ?? current.password,
    extension,
    username: patch.username ?? follower,
  };
}

function contactsKeys({ before, after }: Rows<ExtensionRow>): string[] {
  return [...new Set([before, after].map(({ endpointId }) => contactsKey(endpointId)))];
}

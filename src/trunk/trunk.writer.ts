import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { BillingClient } from '../clients/billing.client';
import { Config } from '../platform/config/config';
import { mayBeOfFirstRun } from '../platform/database/first-run';
import type { Resource, Steps } from '../platform/database/saving/resource';
import { Saving } from '../platform/database/saving/saving';
import { Metrics } from '../platform/observability/metrics/metrics';
import { trunkCacheEntry, trunkCacheKeys } from './trunk.cache';
import {
  toTrunkReply,
  type ChangeTrunkDto,
  type CreateTrunkDto,
  type TrunkChange,
  type TrunkReply,
  type UpdateTrunkDto,
} from './trunk.dto';
import type { TrunkEntity, TrunkRow } from './trunk.entity';
import { trunkAlreadyExists } from './trunk.errors';
import { TrunkLogin } from './trunk.login';
import { TrunkRepository } from './trunk.repository';
import { assertComplete, assertFindable, authTypesOf, canonicalIps } from './trunk.rules';

type NewTrunk = Omit<TrunkRow, 'tmCreate' | 'tmUpdate' | 'tmDelete'>;
type Settings = Pick<TrunkRow, 'name' | 'detail' | 'authTypes' | 'username' | 'password' | 'allowedIps'>;

/** Creates, changes and deletes trunks, which are stored in the bin database only. */
@Injectable()
export class TrunkWriter {
  private readonly resource: Resource<TrunkEntity, TrunkReply>;
  private readonly projecting: Steps<TrunkEntity>;

  constructor(
    private readonly config: Config,
    private readonly trunks: TrunkRepository,
    private readonly login: TrunkLogin,
    private readonly billing: BillingClient,
    private readonly saving: Saving,
    private readonly metrics: Metrics,
  ) {
    this.resource = {
      kind: 'trunk',
      repository: trunks,
      toReply: toTrunkReply,
      cacheKeys: trunkCacheKeys,
      cacheEntry: trunkCacheEntry,
      align: (id) => login.align(id),
    };
    this.projecting = { inBin: (bin, { after }) => login.project(bin, after) };
  }

  /** Throws `INVALID_ARGUMENT`, `RESOURCE_EXHAUSTED`, `ALREADY_EXISTS`, `UNAVAILABLE`. */
  async create(request: CreateTrunkDto): Promise<TrunkReply> {
    const draft = this.newTrunk(request);
    assertComplete(draft);
    const existing = await this.trunks.findByDomain(draft.domainName);
    // The first delivery of this request created the trunk before its process died: the caller must get that trunk.
    if (existing !== null && mayBeOfFirstRun(existing) && isWhatWasAsked(existing, draft))
      return toTrunkReply(existing);
    await this.billing.assertWithinLimit(request.customerId, 'trunk');
    if (existing !== null) throw trunkAlreadyExists();
    const created = await this.saving.create(this.resource, draft, this.projecting);
    this.metrics.trunkCreated();
    return created;
  }

  /** Replaces everything but the domain; see {@link UpdateTrunkDto} for the password. Throws `NOT_FOUND`. */
  update(id: string, request: UpdateTrunkDto): Promise<TrunkReply> {
    const changed = (current: TrunkRow): TrunkRow => {
      const next = { ...current, ...settingsOf(request, current.password) };
      assertComplete(next);
      return next;
    };
    return this.saving.change(this.resource, id, changed, this.projecting);
  }

  /**
   * Changes the given fields, which may include the domain, and derives `authTypes` again when user name, password or
   * addresses are given. Throws `INVALID_ARGUMENT`, `NOT_FOUND`, `ALREADY_EXISTS`, `UNAVAILABLE`.
   */
  async change(id: string, changes: ChangeTrunkDto): Promise<TrunkReply> {
    const holder = changes.domainName === undefined ? null : await this.trunks.findByDomain(changes.domainName);
    if (holder !== null && holder.id !== id) throw trunkAlreadyExists();
    const changed = (current: TrunkRow): TrunkRow => {
      const next = this.withChanges(current, changes);
      assertComplete(next);
      assertFindable(next);
      return next;
    };
    return this.saving.change(this.resource, id, changed, this.projecting);
  }

  /** Returns a trunk that is already deleted unchanged. Throws `NOT_FOUND`. */
  async delete(id: string): Promise<TrunkReply> {
    const { reply, wasAlive } = await this.saving.softDelete(this.resource, id, {
      inBin: (bin, { after }) => this.login.removeProjection(bin, after),
    });
    if (wasAlive) this.metrics.trunkDeleted();
    return reply;
  }

  /** Deletes trunks together, and returns those that need a deletion of their own. */
  async deleteMany(ids: readonly string[]): Promise<readonly string[]> {
    const { deleted, left } = await this.saving.softDeleteMany(this.resource, ids, {
      inBin: (bin, trunks) => this.login.removeProjection(bin, ...trunks),
    });
    for (let n = 0; n < deleted.length; n++) this.metrics.trunkDeleted();
    return left;
  }

  private newTrunk(request: CreateTrunkDto): NewTrunk {
    const { customerId, domainName } = request;
    return { id: randomUUID(), customerId, domainName, realm: this.realmOf(domainName), ...settingsOf(request, '') };
  }

  private withChanges(current: TrunkRow, changes: ChangeTrunkDto): TrunkRow {
    const { domainName = current.domainName, username, password, allowedIps } = changes;
    const moved = domainName === current.domainName ? {} : { domainName, realm: this.realmOf(domainName) };
    const next = {
      ...current,
      ...moved,
      name: changes.name ?? current.name,
      detail: changes.detail ?? current.detail,
      username: username ?? current.username,
      password: password ?? current.password,
      allowedIps: allowedIps === undefined ? current.allowedIps : canonicalIps(allowedIps),
    };
    const letsInAnew = [username, password, allowedIps].some((value) => value !== undefined);
    return letsInAnew ? { ...next, authTypes: authTypesOf(next) } : next;
  }

  private realmOf(domainName: string): string {
    return `${domainName}.${this.config.domainNameTrunk}`;
  }
}

/** With `basic` among the types, an empty password keeps the stored one. */
function settingsOf({ authTypes, allowedIps, ...request }: TrunkChange, storedPassword: string): Settings {
  const { name, detail, username, password } = request;
  const types = authTypes ?? [];
  const keepsPassword = password === '' && types.includes('basic');
  return {
    name,
    detail,
    authTypes: types,
    username,
    password: keepsPassword ? storedPassword : password,
    allowedIps: canonicalIps(allowedIps),
  };
}

function isWhatWasAsked(trunk: TrunkRow, asked: NewTrunk): boolean {
  const content = ({ customerId, name, detail, authTypes, username, password, allowedIps }: NewTrunk): string =>
    JSON.stringify([customerId, name, detail, authTypes, username, password, allowedIps]);
  return content(trunk) === content(asked);
}

import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { BillingClient } from '../clients/billing.client';
import { Cache } from '../platform/cache/cache';
import { MicroClock } from '../platform/wire/wire-time';
import { Config } from '../platform/config/config';
import { isAlive } from '../platform/database/alive';
import { mayBeOfFirstRun } from '../platform/database/first-run';
import { Transactions } from '../platform/database/transactions';
import type { ListRequest } from '../platform/wire/list-request';
import { Outbox, type DomainEvent, type PendingEvent } from '../platform/messaging/outbox/outbox';
import { Metrics } from '../platform/observability/metrics/metrics';
import { SipAuthService, type SipAccount } from '../sip-auth/sip-auth.service';
import {
  TRUNK_CACHE,
  cachedDomain,
  cachedTrunk,
  trunkCacheEntry,
  trunkCacheKeys,
  trunkDomainKey,
  trunkKey,
} from './trunk.cache';
import {
  toTrunkReply,
  type ChangeTrunkDto,
  type CreateTrunkDto,
  type TrunkReply,
  type TrunkChange,
  type UpdateTrunkDto,
} from './trunk.dto';
import type { TrunkRow } from './trunk.entity';
import { trunkAlreadyExists, trunkNotFound } from './trunk.errors';
import { TrunkRepository } from './trunk.repository';
import { assertComplete, assertFindable, authTypesOf, canonicalIps } from './trunk.rules';

/** Trunks: SIP identities of carriers and PBXes. They live in the bin database alone. */
@Injectable()
export class TrunkService {
  constructor(
    private readonly config: Config,
    private readonly trunks: TrunkRepository,
    private readonly sipAuth: SipAuthService,
    private readonly billing: BillingClient,
    private readonly transactions: Transactions,
    private readonly outbox: Outbox,
    private readonly cache: Cache,
    private readonly clock: MicroClock,
    private readonly metrics: Metrics,
  ) {}

  /** Throws `INVALID_ARGUMENT`, `RESOURCE_EXHAUSTED`, `ALREADY_EXISTS`, `UNAVAILABLE`. */
  async create(request: CreateTrunkDto): Promise<TrunkReply> {
    const trunk = this.newTrunk(request);
    assertComplete(trunk);
    const existing = await this.trunks.findByDomain(trunk.domainName);
    // A redelivered request whose first run died with its process: its caller hears of the trunk it asked for.
    if (existing !== null && mayBeOfFirstRun(existing) && isWhatWasAsked(existing, trunk))
      return toTrunkReply(existing);
    await this.billing.assertWithinLimit(request.customerId, 'trunk');
    if (existing !== null) throw trunkAlreadyExists();
    const after = toTrunkReply(trunk);
    const event = await this.transactions.bin(async (bin) => {
      await this.trunks.insert(bin, trunk);
      await this.project(bin, trunk);
      return this.outbox.writeFirst(bin, eventOf('trunk_created', after));
    });
    await this.outbox.announce(event, trunkCacheEntry(after));
    this.metrics.trunkCreated();
    return after;
  }

  /** Also a deleted one, as callers of the original may. Throws `NOT_FOUND`. */
  async get(id: string): Promise<TrunkReply> {
    const cached = cachedTrunk(await this.cache.read(TRUNK_CACHE, trunkKey(id)), id);
    if (cached !== undefined) return cached;
    const trunk = await this.trunks.findById(id);
    if (trunk === null) throw trunkNotFound();
    return this.remember(trunk);
  }

  /** The living trunk of that domain, over all customers. Throws `NOT_FOUND`. */
  async getByDomain(domainName: string): Promise<TrunkReply> {
    const cached = cachedDomain(await this.cache.read(TRUNK_CACHE, trunkDomainKey(domainName)), domainName);
    if (cached !== undefined) return cached;
    const trunk = await this.trunks.findByDomain(domainName);
    if (trunk === null) throw trunkNotFound();
    return this.remember(trunk);
  }

  async list(request: ListRequest): Promise<TrunkReply[]> {
    return (await this.trunks.list(request)).map(toTrunkReply);
  }

  async count(customerId: string): Promise<{ count: number }> {
    return { count: await this.trunks.count(customerId) };
  }

  /** Ids of a customer's living trunks in id order, after `afterId`. */
  listAliveIds(customerId: string, afterId: string, limit: number): Promise<string[]> {
    return this.trunks.listAliveIds(customerId, afterId, limit);
  }

  /** Replaces everything but the domain; see {@link UpdateTrunkDto} for the password. Throws `NOT_FOUND`. */
  async update(id: string, request: UpdateTrunkDto): Promise<TrunkReply> {
    const { after, event } = await this.transactions.bin(async (bin) => {
      const current = await this.trunks.lockAlive(bin, id);
      const next = { ...current, ...this.settingsOf(request, current), tmUpdate: this.timeAfter(current) };
      assertComplete(next);
      await this.trunks.update(bin, next);
      await this.project(bin, next);
      const reply = toTrunkReply(next);
      return { after: reply, event: await this.outbox.write(bin, eventOf('trunk_updated', reply)) };
    });
    await this.outbox.announce(event, trunkCacheEntry(after));
    return after;
  }

  /** Changes what is given, the domain too; what lets in follows. Throws `NOT_FOUND`, `ALREADY_EXISTS`, `UNAVAILABLE`. */
  async change(id: string, changes: ChangeTrunkDto): Promise<TrunkReply> {
    const holder = changes.domainName === undefined ? null : await this.trunks.findByDomain(changes.domainName);
    if (holder !== null && holder.id !== id) throw trunkAlreadyExists();
    const { before, after, event } = await this.transactions.bin(async (bin) => {
      const current = await this.trunks.lockAlive(bin, id);
      const next = { ...this.changed(current, changes), tmUpdate: this.timeAfter(current) };
      assertComplete(next);
      assertFindable(next);
      await this.trunks.update(bin, next);
      await this.project(bin, next);
      const [former, reply] = [toTrunkReply(current), toTrunkReply(next)];
      const cacheKeys = [...new Set([...trunkCacheKeys(reply), ...trunkCacheKeys(former)])];
      const written = await this.outbox.write(bin, { ...eventOf('trunk_updated', reply), cacheKeys });
      return { before: former, after: reply, event: written };
    });
    await this.outbox.announce(event, trunkCacheEntry(after, before));
    return after;
  }

  /** A deleted one is returned as it is. Throws `NOT_FOUND`. */
  async delete(id: string): Promise<TrunkReply> {
    const { after, event } = await this.transactions.removalFromBin((bin) => this.bury(bin, id));
    if (event === undefined) return after;
    await this.outbox.announce(event, trunkCacheEntry(after));
    this.metrics.trunkDeleted();
    return after;
  }

  /** Makes what Kamailio reads follow the record, whatever it holds now. A trunk that never was has nothing to follow. */
  async align(id: string): Promise<void> {
    await this.transactions.bin(async (bin) => {
      const trunk = await this.lockIfAlive(bin, id);
      if (trunk) await this.project(bin, trunk);
      else await this.sipAuth.remove(bin, id);
    });
  }

  /** Living trunks of all customers in id order, after `afterId`. */
  listAlive(afterId: string | undefined, limit: number): Promise<TrunkRow[]> {
    return this.trunks.listAlive(afterId, limit);
  }

  /** Which of these ids are living trunks'. */
  findAliveIds(ids: readonly string[]): Promise<string[]> {
    return this.trunks.findAliveIds(ids);
  }

  /** The record while it lives, locked until the transaction ends. */
  async lockIfAlive(bin: EntityManager, id: string): Promise<TrunkRow | undefined> {
    const trunk = await this.trunks.findLocked(bin, id);
    return trunk !== null && isAlive(trunk) ? trunk : undefined;
  }

  private async bury(bin: EntityManager, id: string): Promise<{ after: TrunkReply; event?: PendingEvent }> {
    const current = await this.trunks.lock(bin, id);
    if (!isAlive(current)) return { after: toTrunkReply(current) };
    const now = this.timeAfter(current);
    const after = toTrunkReply({ ...current, tmUpdate: now, tmDelete: now });
    await this.trunks.update(bin, { id, tmUpdate: now, tmDelete: now });
    await this.sipAuth.remove(bin, id);
    return { after, event: await this.outbox.write(bin, eventOf('trunk_deleted', after)) };
  }

  private newTrunk(request: CreateTrunkDto): TrunkRow {
    return {
      id: randomUUID(),
      customerId: request.customerId,
      domainName: request.domainName,
      realm: this.realmOf(request.domainName),
      ...this.settingsOf(request),
      tmCreate: this.clock.now(),
      tmUpdate: null,
      tmDelete: null,
    };
  }

  private settingsOf(
    { name, detail, authTypes, username, password, allowedIps }: TrunkChange,
    current?: TrunkRow,
  ): Pick<TrunkRow, 'name' | 'detail' | 'authTypes' | 'username' | 'password' | 'allowedIps'> {
    const types = authTypes ?? [];
    const keepsPassword = password === '' && types.includes('basic');
    return {
      name,
      detail,
      authTypes: types,
      username,
      password: keepsPassword ? (current?.password ?? '') : password,
      allowedIps: canonicalIps(allowedIps),
    };
  }

  private changed(current: TrunkRow, changes: ChangeTrunkDto): TrunkRow {
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

  private timeAfter(current: TrunkRow): string {
    return this.clock.after(current.tmUpdate ?? current.tmCreate);
  }

  project(bin: EntityManager, trunk: TrunkRow): Promise<void> {
    return this.sipAuth.project(bin, sipAccountOf(trunk));
  }

  private async remember(trunk: TrunkRow): Promise<TrunkReply> {
    const reply = toTrunkReply(trunk);
    await this.cache.store(trunkCacheEntry(reply));
    return reply;
  }
}

/** What Kamailio is to know of a trunk. */
export function sipAccountOf(trunk: TrunkRow): SipAccount {
  const { id, authTypes, realm, username, password, allowedIps, tmCreate, tmUpdate } = trunk;
  return { id, referenceType: 'trunk', authTypes, realm, username, password, allowedIps, tmCreate, tmUpdate };
}

function isWhatWasAsked(trunk: TrunkRow, asked: TrunkRow): boolean {
  const content = ({ customerId, name, detail, authTypes, username, password, allowedIps }: TrunkRow): string =>
    JSON.stringify([customerId, name, detail, authTypes, username, password, allowedIps]);
  return content(trunk) === content(asked);
}

function eventOf(type: string, data: TrunkReply): DomainEvent {
  return { type, resourceId: data.id, data, cacheKeys: trunkCacheKeys(data) };
}

import type { Cache, CacheEntry } from '../../cache/cache';
import type { DomainEvent, Outbox, PendingEvent } from '../../messaging/outbox/outbox';
import type { Milestones } from '../../milestones/milestones';
import type { ResourceRecord } from '../resource.repository';
import type { Resource, Rows } from './resource';

export type Operation = 'create' | 'update' | 'delete';

const EVENT: Readonly<Record<Operation, string>> = { create: 'created', update: 'updated', delete: 'deleted' };

/** A change as the cache and the broker get to know it after its commit. */
export interface Announcement {
  readonly event: PendingEvent;
  readonly entry: CacheEntry;
}

/** The reply, the event and the cache entry of a change. */
export function newsOf<T extends ResourceRecord, Reply extends object>(
  resource: Resource<T, Reply>,
  operation: Operation,
  { before, after }: Rows<T>,
): { readonly reply: Reply; readonly news: DomainEvent; readonly entry: CacheEntry } {
  const reply = resource.toReply(after);
  const former = operation === 'create' ? undefined : resource.toReply(before);
  const keys = [reply, ...(former ? [former] : [])].flatMap((record) => resource.cacheKeys(record));
  const type = `${resource.kind}_${EVENT[operation]}`;
  const news = { type, resourceId: after.id, data: reply, cacheKeys: [...new Set(keys)] };
  return { reply, news, entry: resource.cacheEntry(reply, former) };
}

/** Passes committed changes to the cache and to the broker. */
export class Announcer {
  constructor(
    private readonly cache: Cache,
    private readonly outbox: Outbox,
    private readonly milestones: Milestones,
  ) {}

  /**
   * Never throws: the change is committed. Waits for the cache, because the next read of the caller must see the
   * change, but not for the broker.
   */
  async announce(announcement: Announcement, forgotten: readonly string[]): Promise<void> {
    const isCacheRight = await this.tellCache(announcement, forgotten);
    this.outbox.send(announcement.event, isCacheRight);
  }

  /** Like {@link announce}, but waits until the event is out or left to the relay. */
  async announceToTheEnd(announcement: Announcement, forgotten: readonly string[]): Promise<void> {
    const isCacheRight = await this.tellCache(announcement, forgotten);
    await this.outbox.deliver(announcement.event, isCacheRight);
  }

  private async tellCache({ event, entry }: Announcement, forgotten: readonly string[]): Promise<boolean> {
    await this.milestones.reached(`${event.type}:announce`);
    return this.cache.store({ ...entry, fenced: forgotten });
  }
}

import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { Milestones } from '../../milestones/milestones';
import { Log } from '../../observability/log/logger';
import { runDetached } from '../../observability/request-context';
import { together } from '../../database/source/statement-packets';
import { withTimeout } from '../../observability/timeout';
import { serialize } from '../../wire/go-serialize';
import { RecentKeys } from '../recent-keys';
import { EventPublisher } from './event-publisher';
import { OutboxRelay } from './outbox.relay';
import { OutboxRepository } from './outbox.repository';
import { OutboxSweeper } from './outbox.sweeper';

/** Longer than a request's budget and a publish together: only a dead process lets a lease run out. */
const LEASE_SECONDS = 6;
/** Removed rows are remembered for longer than a change takes from its look for earlier events to its own event. */
const REMEMBER_MS = 10_000;
const REMEMBERED = 2_500;

export interface DomainEvent {
  readonly type: string;
  readonly resourceId: string;
  /** The resource as callers see it: the event's `data`. */
  readonly data: object;
  /** Cache keys whose value this change makes out of date. */
  readonly cacheKeys: readonly string[];
}

/** An event that is written and not published yet. */
export interface PendingEvent extends DomainEvent {
  readonly id: string;
  readonly payload: string;
  /** Events of the same resource that must go out before this one. */
  readonly earlier: readonly string[];
}

/**
 * Events are rows first (docs/architecture.md): written in the transaction of their change, published after its commit,
 * then removed. This is the fast path; the relay sends what a crash or a broker outage left behind.
 */
@Injectable()
export class Outbox {
  private readonly owner = randomUUID();
  /** Whether each event was published, by its id. */
  private readonly inFlight = new Map<string, Promise<boolean>>();
  /** The events whose rows were removed last: a change under way may have found such a row. */
  private readonly gone = new RecentKeys(REMEMBERED, REMEMBER_MS);

  constructor(
    private readonly rows: OutboxRepository,
    private readonly publisher: EventPublisher,
    private readonly relay: OutboxRelay,
    private readonly sweeper: OutboxSweeper,
    private readonly milestones: Milestones,
    private readonly log: Log,
  ) {}

  /** For the transaction of a resource's first change, which has no earlier event. */
  async writeFirst(bin: EntityManager, event: DomainEvent): Promise<PendingEvent> {
    const payload = serialize(event.data);
    const id = await this.rows.insert(
      bin,
      { ...event, payload, publisher: this.publisher.name },
      this.owner,
      LEASE_SECONDS,
    );
    return { ...event, id, payload, earlier: [] };
  }

  /**
   * For the transaction of a later change: its row lock on the resource makes sure that all earlier events are found.
   */
  async write(bin: EntityManager, event: DomainEvent): Promise<PendingEvent> {
    const [pending, earlier] = await together(
      this.writeFirst(bin, event),
      this.rows.findEarlier(bin, event.resourceId),
    );
    return { ...pending, earlier };
  }

  /** Like {@link write}, for changes of several resources: one event of each. */
  async writeMany<Change extends { readonly news: DomainEvent }>(
    bin: EntityManager,
    changes: readonly Change[],
  ): Promise<(Change & { readonly event: PendingEvent })[]> {
    const publisher = this.publisher.name;
    const written = changes.map((change) => ({ change, payload: serialize(change.news.data) }));
    const rows = written.map(({ change: { news }, payload }) => ({ ...news, payload, publisher }));
    const ids = changes.map(({ news }) => news.resourceId);
    const [, waiting] = await together(
      this.rows.insertAll(bin, rows, this.owner, LEASE_SECONDS),
      this.rows.findWaiting(bin, ids),
    );
    return written.map(({ change, payload }) => {
      const earlier = waiting.get(change.news.resourceId) ?? [];
      const id = earlier.pop();
      if (id === undefined) throw new Error('an event that was inserted is not in the outbox');
      return { ...change, event: { ...change.news, id, payload, earlier } };
    });
  }

  /**
   * Publishes the event after the commit, beside the request. When the cache did not take the change, the row stays
   * until the relay has dropped its keys. Never throws.
   */
  send(event: PendingEvent, isCacheRight: boolean): void {
    void this.deliver(event, isCacheRight);
  }

  /** Like {@link send}; ends when the event is out and its row removed, or when it is left to the relay. */
  deliver(event: PendingEvent, isCacheRight: boolean): Promise<void> {
    const sending = runDetached(() => this.publish(event));
    this.inFlight.set(event.id, sending);
    // Until the row is removed, a later event of the resource finds it and must know that it is published.
    const gone = sending.then((isOut) => (isOut ? this.finish(event, isCacheRight) : undefined));
    return gone.finally(() => this.inFlight.delete(event.id));
  }

  /** False also for an event that another process has to send. */
  private async isOut(id: string): Promise<boolean> {
    return (await this.inFlight.get(id)) ?? this.gone.has(id);
  }

  /** Waits for the events in flight, at most `timeoutMs`. */
  async flush(timeoutMs: number): Promise<void> {
    const flushed = async (): Promise<void> => {
      await Promise.allSettled(this.inFlight.values());
      await this.sweeper.flush();
    };
    await withTimeout(flushed, timeoutMs).catch(() => undefined);
  }

  /** Counts the rows in the table, of all processes. */
  backlog(): ReturnType<OutboxRepository['backlog']> {
    return this.rows.backlog();
  }

  /** True when the event is published. An event that could not be sent holds back the later events of its resource. */
  private async publish(event: PendingEvent): Promise<boolean> {
    try {
      const ahead = await Promise.all(event.earlier.map((id) => this.isOut(id)));
      if (ahead.includes(false)) {
        await this.leaveToRelay(event);
        return false;
      }
      await this.publisher.publish({ ...event, publisher: this.publisher.name });
      await this.milestones.reached(`${event.type}:published`);
      return true;
    } catch (error) {
      this.log.warning('An event stays in the outbox for the relay', { event_type: event.type, error });
      await this.leaveToRelay(event).catch(() => undefined);
      return false;
    }
  }

  private async finish({ id, type }: PendingEvent, isCacheRight: boolean): Promise<void> {
    try {
      if (!isCacheRight) await this.rows.markPublished([id]);
      else if (!(await this.sweeper.remove(id))) return;
      this.gone.add(id);
    } catch (error) {
      this.log.warning('A sent event could not be marked and will be sent again', { event_type: type, error });
    }
  }

  /** The relay keeps the order: it sends the earlier events of the resource first. */
  private async leaveToRelay(event: PendingEvent): Promise<void> {
    await this.rows.release([event.id]);
    this.relay.wake();
  }
}

import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Cache, type CacheEntry } from '../../cache/cache';
import { Outbox, type PendingEvent } from '../../messaging/outbox/outbox';
import { Milestones } from '../../milestones/milestones';
import { MicroClock } from '../../wire/wire-time';
import { isAlive } from '../alive';
import type { Row } from '../columns';
import type { ResourceRecord } from '../resource.repository';
import { Transactions, UncertainOutcome } from '../transactions';
import type { Resource, Rows, Steps } from './resource';
import { UncertainOutcomes } from './uncertain-outcomes';

type Times = 'tmCreate' | 'tmUpdate' | 'tmDelete';
type Operation = 'create' | 'update' | 'delete';

const EVENT: Readonly<Record<Operation, string>> = { create: 'created', update: 'updated', delete: 'deleted' };

interface Written<T, Reply> {
  readonly rows: Rows<T>;
  readonly reply: Reply;
  /** Absent when nothing was changed. */
  readonly announcement?: { readonly event: PendingEvent; readonly entry: CacheEntry };
}

interface Change<T> {
  readonly operation: Operation;
  readonly id: string;
  readonly steps: Steps<T>;
  /** Locks or makes the record and writes it. */
  readonly write: (bin: EntityManager) => Promise<Rows<T>>;
}

/**
 * Every change of a resource: lock, change, write the event, commit in the order that keeps "a login exists only if its
 * record exists", announce to the cache and to the broker. When the outcome of the commit is unknown, the record
 * decides.
 */
@Injectable()
export class Saving {
  constructor(
    private readonly transactions: Transactions,
    private readonly outbox: Outbox,
    private readonly cache: Cache,
    private readonly clock: MicroClock,
    private readonly milestones: Milestones,
    private readonly outcomes: UncertainOutcomes,
  ) {}

  /** For use before a change that first asks other services. Throws `SCHEMA_INCOMPLETE`. */
  assertWritable(): Promise<void> {
    return this.transactions.assertWritable();
  }

  /** Throws `ALREADY_EXISTS`, `UNAVAILABLE`. */
  async create<T extends ResourceRecord, Reply extends object>(
    resource: Resource<T, Reply>,
    draft: Omit<Row<T>, Times>,
    steps: Steps<T>,
  ): Promise<Reply> {
    await this.milestones.reached(`${resource.kind}.create:begin`);
    const record = { ...draft, tmCreate: this.clock.now(), tmUpdate: null, tmDelete: null } as unknown as Row<T>;
    const write = async (bin: EntityManager): Promise<Rows<T>> => {
      await resource.repository.insert(bin, record);
      return { before: record, after: record };
    };
    return (await this.save(resource, { operation: 'create', id: record.id, steps, write })).reply;
  }

  /** Throws `NOT_FOUND` (also for a deleted record), `ALREADY_EXISTS`, `UNAVAILABLE`. */
  async change<T extends ResourceRecord, Reply extends object>(
    resource: Resource<T, Reply>,
    id: string,
    changed: (current: Row<T>) => Row<T>,
    steps: Steps<T>,
  ): Promise<Reply> {
    const write = async (bin: EntityManager): Promise<Rows<T>> => {
      const before = await resource.repository.lock(bin, id);
      if (!isAlive(before)) throw resource.repository.notFound();
      const after = { ...changed(before), tmUpdate: this.timeAfter(before) };
      await resource.repository.update(bin, { id, ...differences(before, after) });
      return { before, after };
    };
    return (await this.save(resource, { operation: 'update', id, steps, write })).reply;
  }

  /** Marks the record as deleted; a deleted record is returned unchanged. Throws `NOT_FOUND`, `UNAVAILABLE`. */
  async softDelete<T extends ResourceRecord, Reply extends object>(
    resource: Resource<T, Reply>,
    id: string,
    steps: Steps<T>,
  ): Promise<{ reply: Reply; wasAlive: boolean }> {
    const write = async (bin: EntityManager): Promise<Rows<T>> => {
      const before = await resource.repository.lock(bin, id);
      if (before === null) throw resource.repository.notFound();
      if (!isAlive(before)) return { before, after: before };
      const now = this.timeAfter(before);
      const after = { ...before, tmUpdate: now, tmDelete: now };
      await resource.repository.update(bin, { id, ...differences(before, after) });
      return { before, after };
    };
    const { reply, announcement } = await this.save(resource, { operation: 'delete', id, steps, write });
    return { reply, wasAlive: announcement !== undefined };
  }

  private async save<T extends ResourceRecord, Reply extends object>(
    resource: Resource<T, Reply>,
    change: Change<T>,
  ): Promise<Written<T, Reply>> {
    let written: Written<T, Reply> | undefined;
    try {
      await this.commit(resource, change, async (bin) => (written = await this.writeInBin(resource, change, bin)));
    } catch (error) {
      if (!(error instanceof UncertainOutcome)) throw error;
      await this.outcomes.resolveUncertain(resource, change.id, error, written?.rows.before);
      // A repeated create would get ALREADY_EXISTS, so a create that was committed succeeds; a change may be repeated.
      if (change.operation !== 'create' || error.record !== 'alive') throw error;
    }
    if (written === undefined) throw new Error('the transaction ended without its work');
    if (written.announcement !== undefined) await this.announce(change.steps, written.rows, written.announcement);
    return written;
  }

  private async writeInBin<T extends ResourceRecord, Reply extends object>(
    resource: Resource<T, Reply>,
    { operation, write, steps }: Change<T>,
    bin: EntityManager,
  ): Promise<Written<T, Reply>> {
    const rows = await write(bin);
    const reply = resource.toReply(rows.after);
    const isNew = operation === 'create';
    if (rows.after === rows.before && !isNew) return { rows, reply };
    await steps.inBin?.(bin, rows);
    const former = isNew ? undefined : resource.toReply(rows.before);
    const keys = [reply, ...(former ? [former] : [])].flatMap((record) => resource.cacheKeys(record));
    const type = `${resource.kind}_${EVENT[operation]}`;
    const event = { type, resourceId: rows.after.id, data: reply, cacheKeys: [...new Set(keys)] };
    const pending = await (isNew ? this.outbox.writeFirst(bin, event) : this.outbox.write(bin, event));
    return { rows, reply, announcement: { event: pending, entry: resource.cacheEntry(reply, former) } };
  }

  /** A removal needs no check of the schema: it is right whatever the tables are like. */
  private async commit<T extends ResourceRecord, Reply extends object>(
    { kind }: Resource<T, Reply>,
    { operation, steps: { inAsterisk } }: Change<T>,
    writeInBin: (bin: EntityManager) => Promise<Written<T, Reply>>,
  ): Promise<void> {
    const isRemoval = operation === 'delete';
    if (inAsterisk === undefined) {
      await (isRemoval ? this.transactions.removalFromBin(writeInBin) : this.transactions.bin(writeInBin));
      return;
    }
    const order = isRemoval ? 'loginCommitsFirst' : 'recordCommitsFirst';
    await this.transactions[order](`${kind}.${operation}`, async (open) => {
      const { rows, announcement } = await writeInBin(open.bin);
      if (announcement !== undefined) await inAsterisk(open, rows);
    });
  }

  /**
   * Never throws: the change is committed. Waits for the cache, because the next read of the caller must see the
   * change, but not for the broker.
   */
  private async announce<T extends ResourceRecord>(
    { forgets }: Steps<T>,
    rows: Rows<T>,
    { event, entry }: { readonly event: PendingEvent; readonly entry: CacheEntry },
  ): Promise<void> {
    await this.milestones.reached(`${event.type}:announce`);
    const isCacheRight = await this.cache.store(entry);
    this.outbox.send(event, isCacheRight);
    const forgotten = forgets?.(rows) ?? [];
    if (forgotten.length > 0) await this.cache.forget(forgotten);
  }

  private timeAfter({ tmCreate, tmUpdate }: Pick<ResourceRecord, 'tmCreate' | 'tmUpdate'>): string {
    return this.clock.after(tmUpdate ?? tmCreate);
  }
}

/** Only changed columns are written: an old row may hold a value that the code reads as another one. */
function differences<T>(before: Row<T>, after: Row<T>): Partial<Row<T>> {
  const columns = Object.keys(after) as (keyof T)[];
  const changed = columns.filter((name) => after[name] !== before[name]).map((name) => [name, after[name]]);
  return Object.fromEntries(changed) as Partial<Row<T>>;
}

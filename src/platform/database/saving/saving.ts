import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Cache } from '../../cache/cache';
import { Outbox } from '../../messaging/outbox/outbox';
import { Milestones } from '../../milestones/milestones';
import { MicroClock } from '../../wire/wire-time';
import { isAlive } from '../alive';
import type { Row } from '../columns';
import type { ResourceRecord } from '../resource.repository';
import { together } from '../source/statement-packets';
import { Transactions, UncertainOutcome, type OpenTransactions } from '../transactions';
import { Announcer, newsOf, type Announcement, type Operation } from './announcer';
import { BatchDeletion, type DeletedBatch } from './batch-deletion';
import type { BatchSteps, Resource, Rows, Steps } from './resource';
import { UncertainOutcomes } from './uncertain-outcomes';

type Times = 'tmCreate' | 'tmUpdate' | 'tmDelete';

interface Written<T, Reply> {
  readonly rows: Rows<T>;
  readonly reply: Reply;
  /** Absent when nothing was changed. */
  readonly announcement?: Announcement;
}

interface Change<T> {
  readonly operation: Operation;
  readonly id: string;
  readonly steps: Steps<T>;
  /** Locks an existing record and decides about the change. */
  readonly decide: (bin: EntityManager) => Promise<Rows<T>>;
}

/**
 * Every change of a resource: lock, change, write the event, commit in the order that keeps "a login exists only if its
 * record exists", announce to the cache and to the broker. When the outcome of the commit is unknown, the record
 * decides.
 */
@Injectable()
export class Saving {
  private readonly announcer: Announcer;
  private readonly batches: BatchDeletion;

  constructor(
    private readonly transactions: Transactions,
    private readonly outbox: Outbox,
    cache: Cache,
    private readonly clock: MicroClock,
    private readonly milestones: Milestones,
    private readonly outcomes: UncertainOutcomes,
  ) {
    this.announcer = new Announcer(cache, outbox, milestones);
    this.batches = new BatchDeletion(transactions, outbox, clock, outcomes, this.announcer);
  }

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
    const decide = (): Promise<Rows<T>> => Promise.resolve({ before: record, after: record });
    return (await this.save(resource, { operation: 'create', id: record.id, steps, decide })).reply;
  }

  /** Throws `NOT_FOUND` (also for a deleted record), `ALREADY_EXISTS`, `UNAVAILABLE`. */
  async change<T extends ResourceRecord, Reply extends object>(
    resource: Resource<T, Reply>,
    id: string,
    changed: (current: Row<T>) => Row<T>,
    steps: Steps<T>,
  ): Promise<Reply> {
    const decide = async (bin: EntityManager): Promise<Rows<T>> => {
      const before = await resource.repository.lock(bin, id);
      if (!isAlive(before)) throw resource.repository.notFound();
      return { before, after: { ...changed(before), tmUpdate: this.timeAfter(before) } };
    };
    return (await this.save(resource, { operation: 'update', id, steps, decide })).reply;
  }

  /** Marks the record as deleted; a deleted record is returned unchanged. Throws `NOT_FOUND`, `UNAVAILABLE`. */
  async softDelete<T extends ResourceRecord, Reply extends object>(
    resource: Resource<T, Reply>,
    id: string,
    steps: Steps<T>,
  ): Promise<{ reply: Reply; wasAlive: boolean }> {
    const decide = async (bin: EntityManager): Promise<Rows<T>> => {
      const before = await resource.repository.lock(bin, id);
      if (before === null) throw resource.repository.notFound();
      if (!isAlive(before)) return { before, after: before };
      const now = this.timeAfter(before);
      return { before, after: { ...before, tmUpdate: now, tmDelete: now } };
    };
    const { reply, announcement } = await this.save(resource, { operation: 'delete', id, steps, decide });
    return { reply, wasAlive: announcement !== undefined };
  }

  /**
   * Marks records as deleted, all in one pair of transactions. Leaves those that are locked, missing, or ahead of the
   * clock. When it throws, a deletion of each says what has become of it.
   */
  softDeleteMany<T extends ResourceRecord, Reply extends object>(
    resource: Resource<T, Reply>,
    ids: readonly string[],
    steps: BatchSteps<T>,
  ): Promise<DeletedBatch<Reply>> {
    return this.batches.run(resource, ids, steps);
  }

  private async save<T extends ResourceRecord, Reply extends object>(
    resource: Resource<T, Reply>,
    change: Change<T>,
  ): Promise<Written<T, Reply>> {
    let written: Written<T, Reply> | undefined;
    try {
      await this.commit(resource, change, async (open) => (written = await this.write(resource, change, open)));
    } catch (error) {
      if (!(error instanceof UncertainOutcome)) throw error;
      await this.outcomes.resolveUncertain(resource, change.id, error, written?.rows.before);
      // A repeated create would get ALREADY_EXISTS, so a create that was committed succeeds; a change may be repeated.
      if (change.operation !== 'create' || error.record !== 'alive') throw error;
    }
    if (written === undefined) throw new Error('the transaction ended without its work');
    const { announcement, rows } = written;
    if (announcement !== undefined) await this.announcer.announce(announcement, change.steps.forgets?.(rows) ?? []);
    return written;
  }

  /** Issues the statements for each database together, so that they share packets. */
  private async write<T extends ResourceRecord, Reply extends object>(
    resource: Resource<T, Reply>,
    change: Change<T>,
    open: OpenTransactions,
  ): Promise<Written<T, Reply>> {
    const { operation, decide, steps } = change;
    const rows = await decide(open.bin);
    if (rows.after === rows.before && operation !== 'create') return { rows, reply: resource.toReply(rows.after) };
    const isBeside = operation !== 'create' && steps.isAsteriskBeside?.(rows) === true;
    const inBin = this.writeInBin(resource, change, open.bin, rows);
    const [written] = await together(inBin, isBeside && steps.inAsterisk?.(open, rows));
    if (!isBeside) await steps.inAsterisk?.(open, rows);
    return { rows, ...written };
  }

  private async writeInBin<T extends ResourceRecord, Reply extends object>(
    resource: Resource<T, Reply>,
    { operation, steps }: Change<T>,
    bin: EntityManager,
    rows: Rows<T>,
  ): Promise<{ readonly reply: Reply; readonly announcement: Announcement }> {
    const { before, after } = rows;
    const { repository } = resource;
    const isNew = operation === 'create';
    const { reply, news, entry } = newsOf(resource, operation, rows);
    const ensuring = repository.ensureUnique(bin, after, isNew ? undefined : before);
    if (ensuring !== undefined) await ensuring;
    const [, , event] = await together(
      isNew ? repository.insert(bin, after) : repository.update(bin, { id: after.id, ...differences(before, after) }),
      steps.inBin?.(bin, rows),
      isNew ? this.outbox.writeFirst(bin, news) : this.outbox.write(bin, news),
    );
    return { reply, announcement: { event, entry } };
  }

  /** A removal needs no check of the schema: it is right whatever the tables are like. */
  private async commit<T extends ResourceRecord, Reply extends object>(
    { kind }: Resource<T, Reply>,
    { operation, steps: { inAsterisk } }: Change<T>,
    write: (open: OpenTransactions) => Promise<unknown>,
  ): Promise<void> {
    const isRemoval = operation === 'delete';
    if (inAsterisk === undefined) {
      const inBin = (bin: EntityManager): Promise<unknown> => write({ bin, asterisk: bin });
      await (isRemoval ? this.transactions.removalFromBin(inBin) : this.transactions.bin(inBin));
      return;
    }
    await this.transactions[isRemoval ? 'loginCommitsFirst' : 'recordCommitsFirst'](`${kind}.${operation}`, write);
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

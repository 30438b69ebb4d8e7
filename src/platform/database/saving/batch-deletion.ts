import type { EntityManager } from 'typeorm';
import type { Outbox } from '../../messaging/outbox/outbox';
import type { MicroClock } from '../../wire/wire-time';
import { isAlive } from '../alive';
import type { Row } from '../columns';
import type { ResourceRecord } from '../resource.repository';
import { together } from '../source/statement-packets';
import { UncertainOutcome, type OpenTransactions, type Transactions } from '../transactions';
import { newsOf, type Announcement, type Announcer } from './announcer';
import type { BatchSteps, Resource, Rows } from './resource';
import type { UncertainOutcomes } from './uncertain-outcomes';

export interface DeletedBatch<Reply> {
  /** The records that this batch has deleted. */
  readonly deleted: readonly Reply[];
  /** The ids of records that were not found free; each needs a deletion of its own. */
  readonly left: readonly string[];
}

interface Written<T, Reply> {
  readonly deletions: readonly (Announcement & { readonly rows: Rows<T>; readonly reply: Reply })[];
  readonly left: readonly string[];
}

/** Deletes many records in one pair of transactions, with the promises of a deletion of each. */
export class BatchDeletion {
  constructor(
    private readonly transactions: Transactions,
    private readonly outbox: Outbox,
    private readonly clock: MicroClock,
    private readonly outcomes: UncertainOutcomes,
    private readonly announcer: Announcer,
  ) {}

  /** Waits until the events are out or left to the relay, so that batches one after another need steady memory. */
  async run<T extends ResourceRecord, Reply extends object>(
    resource: Resource<T, Reply>,
    ids: readonly string[],
    steps: BatchSteps<T>,
  ): Promise<DeletedBatch<Reply>> {
    const { deletions, left } = await this.commit(resource, ids, steps);
    const announced = deletions.map((deletion) =>
      this.announcer.announceToTheEnd(deletion, steps.forgets?.(deletion.rows) ?? []),
    );
    await Promise.all(announced);
    return { deleted: deletions.map(({ reply }) => reply), left };
  }

  private async commit<T extends ResourceRecord, Reply extends object>(
    resource: Resource<T, Reply>,
    ids: readonly string[],
    steps: BatchSteps<T>,
  ): Promise<Written<T, Reply>> {
    let written: Written<T, Reply> | undefined;
    const write = async (open: OpenTransactions): Promise<Written<T, Reply>> =>
      (written = await this.write(resource, ids, steps, open));
    const inBin = (bin: EntityManager): Promise<Written<T, Reply>> => write({ bin, asterisk: bin });
    try {
      return await (steps.inAsterisk === undefined
        ? this.transactions.removalFromBin(inBin)
        : this.transactions.loginCommitsFirst(`${resource.kind}.delete`, write));
    } catch (error) {
      if (error instanceof UncertainOutcome) {
        for (const { rows } of written?.deletions ?? [])
          await this.outcomes.resolveUncertain(resource, rows.before.id, error, rows.before);
      }
      throw error;
    }
  }

  /** First in bin, then in asterisk: the locks of a batch are many, so the order matters (docs/decisions/0001). */
  private async write<T extends ResourceRecord, Reply extends object>(
    resource: Resource<T, Reply>,
    ids: readonly string[],
    steps: BatchSteps<T>,
    open: OpenTransactions,
  ): Promise<Written<T, Reply>> {
    const free = await resource.repository.lockFree(open.bin, ids);
    const rows = this.decide(free.filter(isAlive));
    const done = new Set([...free.filter((record) => !isAlive(record)), ...rows.map(({ after }) => after)].map(idOf));
    const left = ids.filter((id) => !done.has(id));
    const [first] = rows;
    if (first === undefined) return { deletions: [], left };
    const records = rows.map(({ after }) => after);
    const { tmUpdate, tmDelete } = first.after;
    const news = rows.map((one) => ({ rows: one, ...newsOf(resource, 'delete', one) }));
    const [, , deletions] = await together(
      resource.repository.updateAll(open.bin, records.map(idOf), { tmUpdate, tmDelete } as Partial<Row<T>>),
      steps.inBin?.(open.bin, records),
      this.outbox.writeMany(open.bin, news),
    );
    await steps.inAsterisk?.(open, records);
    return { deletions, left };
  }

  /** One time for all. A record whose last time is ahead of the clock needs a later time of its own, so it is left. */
  private decide<T extends ResourceRecord>(living: readonly Row<T>[]): Rows<T>[] {
    const timed = living.map((before) => ({ before, earliest: this.clock.after(before.tmUpdate ?? before.tmCreate) }));
    const now = this.clock.now();
    return timed
      .filter(({ earliest }) => earliest < now)
      .map(({ before }) => ({ before, after: { ...before, tmUpdate: now, tmDelete: now } }));
  }
}

function idOf({ id }: ResourceRecord): string {
  return id;
}

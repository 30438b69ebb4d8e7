import { Injectable } from '@nestjs/common';
import { isOutage } from '../platform/errors/outage';
import { WorkInProgress } from '../platform/messaging/work-in-progress';
import { Milestones } from '../platform/milestones/milestones';
import { Log, type LogFields } from '../platform/observability/log/logger';
import { RequestContext, currentContext, runInContext } from '../platform/observability/request-context';
import { ZERO_UUID } from '../platform/wire/go-uuid';
import { CascadeFailures } from './cascade-failures';
import { CascadePace } from './cascade-pace';

/** So many ids are listed at once: each listing sorts the customer's remaining ids. */
const PAGE = 1_000;
/** So many resources are deleted together. */
const BATCH = 50;
/** Deletions of single resources at once, of all cascades. */
const SINGLE_AT_ONCE = 3;
const DELETE_BUDGET_MS = 10_000;

interface Removed {
  readonly done: number;
  readonly failures: CascadeFailures;
}

interface Reader {
  listAliveIds(customerId: string, afterId: string, limit: number): Promise<string[]>;
}

interface Writer {
  /** Deletes what it can delete together, and returns the other ids. */
  deleteMany(ids: readonly string[]): Promise<readonly string[]>;
  delete(id: string): Promise<unknown>;
}

/** Deletes all of a customer's resources of one kind. */
@Injectable()
export class OwnedRemoval {
  private readonly batches: CascadePace;
  private readonly singles: CascadePace;

  constructor(
    work: WorkInProgress,
    private readonly milestones: Milestones,
    private readonly log: Log,
  ) {
    this.batches = new CascadePace(1, work);
    this.singles = new CascadePace(SINGLE_AT_ONCE, work);
  }

  /** Never throws: resources of another kind can perhaps be deleted. */
  async removeAll(customerId: string, reader: Reader, writer: Writer): Promise<Removed> {
    const failures = new CascadeFailures();
    let done = 0;
    let after = ZERO_UUID;
    try {
      for (;;) {
        const ids = await reader.listAliveIds(customerId, after, PAGE);
        const last = ids.at(-1);
        if (last === undefined) return { done, failures };
        done += await this.deletePage(ids, writer, failures);
        // The remaining resources would wait for the same dependency and delay the events of other customers.
        if (failures.isOutage) return { done, failures };
        after = last;
      }
    } catch (error) {
      failures.add(error);
      this.report('A cascade could not list the resources to delete', { customer_id: customerId, error });
      return { done, failures };
    }
  }

  private async deletePage(ids: readonly string[], writer: Writer, failures: CascadeFailures): Promise<number> {
    let done = 0;
    for (let from = 0; from < ids.length && !failures.isOutage; from += BATCH)
      done += await this.deleteBatch(ids.slice(from, from + BATCH), writer, failures);
    return done;
  }

  private async deleteBatch(ids: readonly string[], writer: Writer, failures: CascadeFailures): Promise<number> {
    const left = await this.deleteTogether(ids, writer);
    const done = ids.length - left.length;
    if (done > 0) failures.noteSuccess();
    for (let n = 0; n < done; n++) await this.milestones.reached('cascade:one-deleted');
    return done + (await this.deleteEach(left, writer, failures));
  }

  /** Returns the ids that are left; after a failure all, so that no resource holds up the others. */
  private async deleteTogether(ids: readonly string[], writer: Writer): Promise<readonly string[]> {
    try {
      return await this.batches.run(() => inTime(ids[0], () => writer.deleteMany(ids)));
    } catch (error) {
      this.log.warning('A cascade deletes resources one by one', { count: ids.length, error });
      return ids;
    }
  }

  private async deleteEach(ids: readonly string[], writer: Writer, failures: CascadeFailures): Promise<number> {
    const waiting = [...ids];
    let done = 0;
    const work = async (): Promise<void> => {
      for (let id = waiting.pop(); id !== undefined && !failures.isOutage; id = waiting.pop()) {
        if (await this.deleteOne(id, writer, failures)) done++;
      }
    };
    await Promise.all(Array.from({ length: SINGLE_AT_ONCE }, work));
    return done;
  }

  private async deleteOne(id: string, writer: Writer, failures: CascadeFailures): Promise<boolean> {
    try {
      await this.singles.run(() => inTime(id, () => writer.delete(id)));
      failures.noteSuccess();
      await this.milestones.reached('cascade:one-deleted');
      return true;
    } catch (error) {
      failures.add(error);
      this.report('A cascade could not delete a resource', { id, error });
      return false;
    }
  }

  private report(message: string, fields: LogFields & { readonly error: unknown }): void {
    if (isOutage(fields.error)) this.log.warning(message, fields);
    else this.log.error(message, fields);
  }
}

/** Runs a deletion within its time limit. */
function inTime<T>(id: string | undefined, deletion: () => Promise<T>): Promise<T> {
  const requestId = currentContext()?.requestId ?? id ?? '';
  return runInContext(new RequestContext(requestId, DELETE_BUDGET_MS), deletion);
}

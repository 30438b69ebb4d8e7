import { Injectable } from '@nestjs/common';
import { ExtensionService } from '../extension/extension.service';
import { Milestones } from '../platform/milestones/milestones';
import { Log } from '../platform/observability/logger';
import { RequestContext, currentContext, runInContext } from '../platform/observability/request-context';
import { ZERO_UUID } from '../platform/wire/go-uuid';
import { TrunkService } from '../trunk/trunk.service';

const PAGE = 200;
const AT_ONCE = 8;
const DELETE_BUDGET_MS = 10_000;

interface Owned {
  listAliveIds(customerId: string, afterId: string, limit: number): Promise<string[]>;
  delete(id: string): Promise<unknown>;
}

/** Some of a deleted customer's resources could not be deleted; the event must come again. */
export class CascadeIncomplete extends Error {
  override readonly name = 'CascadeIncomplete';
}

/** What a deleted customer leaves behind goes, to the last row. */
@Injectable()
export class CustomerService {
  constructor(
    private readonly extensions: ExtensionService,
    private readonly trunks: TrunkService,
    private readonly milestones: Milestones,
    private readonly log: Log,
  ) {}

  /** Idempotent. Tries everything before it throws {@link CascadeIncomplete}. */
  async removeAll(customerId: string): Promise<void> {
    const trunks = await this.removeOwned(customerId, this.trunks);
    const extensions = await this.removeOwned(customerId, this.extensions);
    const failed = trunks.failed + extensions.failed;
    this.log.info('Removed what a deleted customer owned', {
      customer_id: customerId,
      trunks: trunks.done,
      extensions: extensions.done,
      failed,
    });
    await this.milestones.reached('cascade:before-ack');
    if (failed > 0) throw new CascadeIncomplete(`${failed} could not be deleted`);
  }

  private async removeOwned(customerId: string, owned: Owned): Promise<{ done: number; failed: number }> {
    let done = 0;
    let failed = 0;
    let after = ZERO_UUID;
    try {
      for (;;) {
        const ids = await owned.listAliveIds(customerId, after, PAGE);
        const last = ids.at(-1);
        if (last === undefined) return { done, failed };
        const failures = await this.deleteEach(ids, owned);
        failed += failures;
        done += ids.length - failures;
        after = last;
      }
    } catch (error) {
      // The other kind of resource is not to wait for this one's database.
      this.log.error('A cascade could not list what to delete', { customer_id: customerId, error });
      return { done, failed: failed + 1 };
    }
  }

  private async deleteEach(ids: readonly string[], owned: Owned): Promise<number> {
    const waiting = [...ids];
    let failures = 0;
    const work = async (): Promise<void> => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        if (!(await this.deleteOne(id, owned))) failures++;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return failures;
  }

  private async deleteOne(id: string, owned: Owned): Promise<boolean> {
    const context = new RequestContext(currentContext()?.requestId ?? id, DELETE_BUDGET_MS);
    try {
      await runInContext(context, () => owned.delete(id));
      await this.milestones.reached('cascade:one-deleted');
      return true;
    } catch (error) {
      this.log.error('A cascade could not delete a resource', { id, error });
      return false;
    }
  }
}

import { Injectable } from '@nestjs/common';
import { bulkhead } from 'cockatiel';
import { DirectClient, type Direct } from '../clients/direct.client';
import { UncertainOutcome } from '../platform/database/transactions';
import { WorkInProgress } from '../platform/messaging/work-in-progress';
import { Log } from '../platform/observability/log/logger';
import { Metrics } from '../platform/observability/metrics/metrics';
import type { ExtensionRow } from './extension.entity';

const DROPS_AT_ONCE = 8;

type DirectColumns = Pick<ExtensionRow, 'directId' | 'directHash'>;

/** The direct hash of an extension, for dialling it directly. direct-manager owns the hash; the record has a copy. */
@Injectable()
export class ExtensionDirectHash {
  constructor(
    private readonly directs: DirectClient,
    private readonly work: WorkInProgress,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** Creates a direct for a new record, and deletes the direct when the record cannot be saved. */
  async createFor<T>(
    { customerId, id }: Pick<ExtensionRow, 'customerId' | 'id'>,
    save: (direct: DirectColumns) => Promise<T>,
  ): Promise<T> {
    const direct = await this.directs.create(customerId, id);
    try {
      return await save(columnsOf(direct));
    } catch (error) {
      // The direct must stay while it is unknown whether the record exists.
      if (!(error instanceof UncertainOutcome) || error.record === 'gone') void this.drop(direct.id, 'create');
      throw error;
    }
  }

  /** Replaces the direct hash of a record. */
  async regenerateFor<T>(
    { customerId, id, directId: formerId }: ExtensionRow,
    save: (direct: DirectColumns) => Promise<T>,
  ): Promise<T> {
    const direct = await this.directs.regenerate(customerId, id, formerId);
    try {
      return await save(columnsOf(direct));
    } catch (error) {
      // A replaced hash cannot be restored. A newly created direct is deleted again, unless the record may refer to it.
      if (direct.id !== formerId && !(error instanceof UncertainOutcome)) void this.drop(direct.id, 'regenerate');
      else this.metrics.compensationFailed('direct-regenerate');
      throw error;
    }
  }

  /** Deletes a direct. Need not be awaited: it never throws, since a failure of direct-manager fails no request. */
  drop(directId: string, after: string): Promise<void> {
    return this.work.track(() => this.tryToDrop(directId, after));
  }

  /** Like {@link drop}, a few at a time: each call holds a reply queue. */
  async dropAll(directIds: readonly string[], after: string): Promise<void> {
    const places = bulkhead(DROPS_AT_ONCE, Infinity);
    await Promise.all(directIds.map((id) => places.execute(() => this.drop(id, after))));
  }

  private async tryToDrop(directId: string, after: string): Promise<void> {
    try {
      await this.directs.delete(directId);
    } catch (error) {
      this.metrics.compensationFailed(`direct-${after}`);
      this.log.warning('A direct hash could not be deleted', { direct_id: directId, error });
    }
  }
}

function columnsOf({ id, hash }: Direct): DirectColumns {
  return { directId: id, directHash: hash };
}

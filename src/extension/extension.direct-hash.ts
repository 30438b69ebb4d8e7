import { Injectable } from '@nestjs/common';
import { DirectClient, type Direct } from '../clients/direct.client';
import { UncertainOutcome } from '../platform/database/transactions';
import { WorkInProgress } from '../platform/messaging/work-in-progress';
import { Log } from '../platform/observability/log/logger';
import { Metrics } from '../platform/observability/metrics/metrics';
import type { ExtensionRow } from './extension.entity';

type DirectColumns = Pick<ExtensionRow, 'directId' | 'directHash'>;

/** The hash by which an extension is dialled directly. direct-manager owns it; the record holds a copy. */
@Injectable()
export class ExtensionDirectHash {
  constructor(
    private readonly directs: DirectClient,
    private readonly work: WorkInProgress,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** A hash for a new record. When the record cannot be saved, the hash is given back. */
  async createFor<T>(
    { customerId, id }: Pick<ExtensionRow, 'customerId' | 'id'>,
    save: (direct: DirectColumns) => Promise<T>,
  ): Promise<T> {
    const direct = await this.directs.create(customerId, id);
    try {
      return await save(columnsOf(direct));
    } catch (error) {
      // While it is not known whether the record exists, its direct hash must stay.
      if (!(error instanceof UncertainOutcome) || error.record === 'gone') this.drop(direct.id, 'create');
      throw error;
    }
  }

  /** Another hash for a record. */
  async regenerateFor<T>(
    { customerId, id, directId: formerId }: ExtensionRow,
    save: (direct: DirectColumns) => Promise<T>,
  ): Promise<T> {
    const direct = await this.directs.regenerate(customerId, id, formerId);
    try {
      return await save(columnsOf(direct));
    } catch (error) {
      // A hash that was replaced cannot be had back; a direct that was made for this can go again, unless it may be in use.
      if (direct.id !== formerId && !(error instanceof UncertainOutcome)) this.drop(direct.id, 'regenerate');
      else this.metrics.compensationFailed('direct-regenerate');
      throw error;
    }
  }

  /** Beside what is done for the caller: a failure of direct-manager changes nothing here. */
  drop(directId: string, after: string): void {
    void this.work.track(() => this.tryToDrop(directId, after));
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

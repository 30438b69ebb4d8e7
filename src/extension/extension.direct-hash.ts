import { Injectable } from '@nestjs/common';
import { DirectClient, type Direct } from '../clients/direct.client';
import { isAlive } from '../platform/database/alive';
import { Transactions, UncertainOutcome } from '../platform/database/transactions';
import { Outbox } from '../platform/messaging/outbox/outbox';
import { WorkInProgress } from '../platform/messaging/work-in-progress';
import { Log } from '../platform/observability/log/logger';
import { Metrics } from '../platform/observability/metrics/metrics';
import { MicroClock } from '../platform/wire/wire-time';
import { extensionCacheEntry, extensionEvent, type ExtensionChange } from './extension.cache';
import { toExtensionReply, type ExtensionReply } from './extension.dto';
import { extensionNotFound } from './extension.errors';
import { ExtensionRepository } from './extension.repository';

/** The hash by which an extension is dialled directly. direct-manager owns it; the record only remembers it. */
@Injectable()
export class ExtensionDirectHash {
  constructor(
    private readonly extensions: ExtensionRepository,
    private readonly directs: DirectClient,
    private readonly transactions: Transactions,
    private readonly outbox: Outbox,
    private readonly clock: MicroClock,
    private readonly work: WorkInProgress,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** Throws `NOT_FOUND`, also for a deleted extension. */
  async regenerate(id: string): Promise<ExtensionReply> {
    const record = await this.extensions.findById(id);
    if (record === null || !isAlive(record)) throw extensionNotFound();
    await this.transactions.assertWritable();
    const direct = await this.directs.regenerate(record.customerId, id, record.directId);
    const { before, after, event } = await this.save(id, direct, record.directId);
    await this.outbox.announce(event, extensionCacheEntry(after, before));
    return after;
  }

  /** Beside what is done for the caller: direct-manager is somebody else's, and that it fails changes nothing here. */
  drop(directId: string, after: string): void {
    void this.work.track(() => this.tryToDrop(directId, after));
  }

  private async save(
    id: string,
    { id: directId, hash: directHash }: Direct,
    formerId: string,
  ): Promise<ExtensionChange> {
    try {
      return await this.transactions.bin(async (bin) => {
        const current = await this.extensions.lockAlive(bin, id);
        const tmUpdate = this.clock.after(current.tmUpdate ?? current.tmCreate);
        await this.extensions.update(bin, { id, directId, directHash, tmUpdate });
        const after = toExtensionReply({ ...current, directId, directHash, tmUpdate });
        const event = await this.outbox.write(bin, extensionEvent('extension_updated', after));
        return { before: toExtensionReply(current), after, event };
      });
    } catch (error) {
      // A hash that was replaced cannot be had back; a direct that was made for this can go again, unless it may be in use.
      if (directId !== formerId && !(error instanceof UncertainOutcome)) this.drop(directId, 'regenerate');
      else this.metrics.compensationFailed('direct-regenerate');
      throw error;
    }
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

import { Injectable } from '@nestjs/common';
import { AsteriskService } from '../asterisk/asterisk.service';
import { BillingClient } from '../clients/billing.client';
import { DirectClient, type Direct } from '../clients/direct.client';
import { Config } from '../platform/config/config';
import { mayBeOfFirstRun } from '../platform/database/first-run';
import { Transactions, UncertainOutcome } from '../platform/database/transactions';
import { Outbox, type PendingEvent } from '../platform/messaging/outbox/outbox';
import { Milestones } from '../platform/milestones/milestones';
import { currentContext } from '../platform/observability/request-context';
import { Metrics } from '../platform/observability/metrics/metrics';
import { MicroClock } from '../platform/wire/wire-time';
import { extensionEvent, newExtensionCacheEntry } from './extension.cache';
import { ExtensionDirectHash } from './extension.direct-hash';
import { toExtensionReply, type CreateExtensionDto, type ExtensionReply } from './extension.dto';
import type { ExtensionRow } from './extension.entity';
import { ExtensionProvisioning } from './extension.provisioning';
import { loginOf, newExtension, withDirect } from './extension.record';
import { ExtensionRepository } from './extension.repository';

interface Created {
  readonly after: ExtensionReply;
  readonly event: PendingEvent;
}

/** From a request to a phone that can register: limit, number, hash, record and login. */
@Injectable()
export class ExtensionCreation {
  constructor(
    private readonly config: Config,
    private readonly extensions: ExtensionRepository,
    private readonly provisioning: ExtensionProvisioning,
    private readonly asterisk: AsteriskService,
    private readonly billing: BillingClient,
    private readonly directs: DirectClient,
    private readonly directHash: ExtensionDirectHash,
    private readonly transactions: Transactions,
    private readonly outbox: Outbox,
    private readonly clock: MicroClock,
    private readonly milestones: Milestones,
    private readonly metrics: Metrics,
  ) {}

  /** Throws `RESOURCE_EXHAUSTED`, `ALREADY_EXISTS`, `UNAVAILABLE`. */
  async create(request: CreateExtensionDto): Promise<ExtensionReply> {
    const ofFirstRun = await this.findOfFirstRun(request);
    if (ofFirstRun !== undefined) return ofFirstRun;
    await this.transactions.assertWritable();
    await this.billing.assertWithinLimit(request.customerId, 'extension');
    const draft = newExtension(request, this.config.domainNameExtension, this.clock.now());
    await this.extensions.assertFree(draft.customerId, draft.extension, draft.username);
    const direct = await this.directs.create(draft.customerId, draft.id);
    await this.milestones.reached('extension.create:direct-created');
    const { event, after } = await this.save(withDirect(draft, direct), direct);
    await this.outbox.announce(event, newExtensionCacheEntry(after));
    this.metrics.extensionCreated();
    return after;
  }

  /**
   * A process that died after the record was made has left its request to the broker, which delivers it again. Its caller
   * must hear of the extension it asked for, not that the number is taken; what the first run left undone is done here.
   */
  private async findOfFirstRun(request: CreateExtensionDto): Promise<ExtensionReply | undefined> {
    if (currentContext()?.isRedelivered !== true) return undefined;
    const record = await this.extensions.findByNumber(request.customerId, request.extension);
    if (record === null || !mayBeOfFirstRun(record) || !isWhatWasAsked(record, request)) return undefined;
    return toExtensionReply(await this.provisioning.align(record.id));
  }

  private async save(record: ExtensionRow, direct: Direct): Promise<Created> {
    const after = toExtensionReply(record);
    let event: PendingEvent | undefined;
    try {
      await this.transactions.recordCommitsFirst('extension.create', async ({ bin, asterisk }) => {
        await this.extensions.insert(bin, record);
        await this.provisioning.project(bin, record);
        event = await this.outbox.writeFirst(bin, extensionEvent('extension_created', after));
        await this.asterisk.provision(asterisk, loginOf(record));
      });
    } catch (error) {
      await this.recover(record, direct, error);
    }
    if (event === undefined) throw new Error('the transaction ended without its event');
    return { after, event };
  }

  /** Returns when the extension exists all the same; otherwise undoes what is outside and rethrows. */
  private async recover(record: ExtensionRow, direct: Direct, error: unknown): Promise<void> {
    const settlement = error instanceof UncertainOutcome ? await this.provisioning.settle(record.id, error) : 'gone';
    if (settlement === 'alive') return;
    // While it is not known whether the record exists, its direct hash must stay.
    if (settlement === 'gone') this.directHash.drop(direct.id, 'create');
    throw error;
  }
}

function isWhatWasAsked(record: ExtensionRow, request: CreateExtensionDto): boolean {
  return (
    record.extension === request.extension &&
    record.username === (request.username || request.extension) &&
    record.password === request.password &&
    record.name === request.name &&
    record.detail === request.detail
  );
}

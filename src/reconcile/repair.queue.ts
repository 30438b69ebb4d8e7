import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ExtensionProvisioning } from '../extension/extension.provisioning';
import { ServiceError } from '../platform/errors/service-error';
import { Log } from '../platform/observability/log/logger';
import { Metrics } from '../platform/observability/metrics/metrics';
import { RequestContext, runInContext } from '../platform/observability/request-context';
import { RepairRequests, type RepairRequest } from '../platform/database/repair-requests';
import { TrunkService } from '../trunk/trunk.service';

const RETRY_MS = 1_000;
const REPAIR_BUDGET_MS = 5_000;
const WAITING_MAX = 10_000;
/** When so many in a row fail, it is the database that fails: the others wait for the next try. */
const FAILURES_MAX = 5;
const KIND = 'half_done_change';

/** Changes that ended half way, settled as soon as the databases let it be. What is lost here the next run finds. */
@Injectable()
export class RepairQueue implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly waiting = new Map<string, RepairRequest>();
  private readonly stopping = new AbortController();
  private working: Promise<void> | undefined;

  constructor(
    private readonly requests: RepairRequests,
    private readonly extensions: ExtensionProvisioning,
    private readonly trunks: TrunkService,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.requests.listen((request) => this.add(request));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.working;
    if (this.waiting.size > 0) this.log.warning('Changes are left half done for the next run', this.backlog());
  }

  private add(request: RepairRequest): void {
    const key = `${request.kind}:${request.id}`;
    if (!this.waiting.has(key)) {
      if (this.waiting.size >= WAITING_MAX) {
        this.log.error('Too many changes are half done', this.backlog());
        return;
      }
      this.metrics.driftFound(KIND);
    }
    this.waiting.set(key, request);
    // Not in the context of the request that failed: its time is over.
    this.working ??= runInContext(new RequestContext(randomUUID()), () => this.work());
  }

  private async work(): Promise<void> {
    // The loop begins after `working` is set, so that its end can be told.
    await Promise.resolve();
    while (this.waiting.size > 0 && !this.stopping.signal.aborted) {
      await this.settleWaiting();
      if (this.waiting.size > 0) {
        await pause(RETRY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
    this.working = undefined;
  }

  private async settleWaiting(): Promise<void> {
    let failures = 0;
    for (const [key, request] of [...this.waiting]) {
      if (this.stopping.signal.aborted || failures >= FAILURES_MAX) return;
      try {
        await runInContext(new RequestContext(randomUUID(), REPAIR_BUDGET_MS), () => this.settle(request));
        if (this.waiting.get(key) === request) this.waiting.delete(key);
        failures = 0;
      } catch (error) {
        failures++;
        this.log.warning('A half-done change cannot be settled yet', { ...request, ...this.backlog(), error });
      }
    }
  }

  private async settle({ kind, id }: RepairRequest): Promise<void> {
    try {
      await (kind === 'extension' ? this.extensions.align(id) : this.trunks.align(id));
    } catch (error) {
      // A record that never came to be has no login either: its transaction was the first to commit.
      if (!(error instanceof ServiceError && error.status === 'NOT_FOUND')) throw error;
    }
    this.metrics.driftRepaired(KIND);
    this.log.info('A half-done change was settled', { kind, id });
  }

  private backlog(): { waiting: number } {
    return { waiting: this.waiting.size };
  }
}

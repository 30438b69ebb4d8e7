import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ServiceError } from '../platform/errors/service-error';
import { Log } from '../platform/observability/log/logger';
import { Metrics } from '../platform/observability/metrics/metrics';
import { RequestContext, runInContext } from '../platform/observability/request-context';
import { RepairRequests, type RepairRequest } from '../platform/database/saving/repair-requests';

const RETRY_MS = 1_000;
const REPAIR_BUDGET_MS = 5_000;
const WAITING_MAX = 10_000;
/** After this many failures in a row, a database is taken to be away: the other repairs wait for the next try. */
const FAILURES_MAX = 5;
const KIND = 'half_done_change';

/**
 * Repairs changes with an uncertain outcome as soon as the databases answer. The queue is in memory; the next reconcile
 * run finds a change that is lost here.
 */
@Injectable()
export class RepairQueue implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly waiting = new Map<string, RepairRequest>();
  private readonly stopping = new AbortController();
  private working: Promise<void> | undefined;

  constructor(
    private readonly requests: RepairRequests,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.requests.listen((request) => this.add(request));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.working;
    if (this.waiting.size > 0) this.log.warning('Uncertain changes are left to the next reconcile run', this.backlog());
  }

  private add(request: RepairRequest): void {
    const key = `${request.kind}:${request.id}`;
    // Keep the first request of a resource: it has the oldest record, whose login may still have to move.
    if (!this.waiting.has(key)) {
      if (this.waiting.size >= WAITING_MAX) {
        this.log.error('Too many changes are uncertain: the next reconcile run finds this one', this.backlog());
        return;
      }
      this.metrics.driftFound(KIND);
      this.waiting.set(key, request);
    }
    // In a context of its own: the deadline of the failed request is over.
    this.working ??= runInContext(new RequestContext(), () => this.work());
  }

  private async work(): Promise<void> {
    // Begin only after `add` has set `working`; otherwise its reset below could come first.
    await Promise.resolve();
    while (this.waiting.size > 0 && !this.stopping.signal.aborted) {
      await this.repairWaiting();
      if (this.waiting.size > 0) {
        await pause(RETRY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
    this.working = undefined;
  }

  private async repairWaiting(): Promise<void> {
    let failures = 0;
    for (const [key, request] of [...this.waiting]) {
      if (this.stopping.signal.aborted || failures >= FAILURES_MAX) return;
      try {
        await runInContext(new RequestContext(undefined, REPAIR_BUDGET_MS), () => this.repair(request));
        this.waiting.delete(key);
        failures = 0;
      } catch (error) {
        failures++;
        const { kind, id } = request;
        this.log.warning('An uncertain change cannot be repaired yet', { kind, id, ...this.backlog(), error });
      }
    }
  }

  private async repair({ kind, id, align }: RepairRequest): Promise<void> {
    try {
      await align();
    } catch (error) {
      // Without a record there is no login either: the transaction of the record commits first.
      if (!(error instanceof ServiceError && error.status === 'NOT_FOUND')) throw error;
    }
    this.metrics.driftRepaired(KIND);
    this.log.info('An uncertain change was repaired', { kind, id });
  }

  private backlog(): { waiting: number } {
    return { waiting: this.waiting.size };
  }
}

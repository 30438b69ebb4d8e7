import { randomUUID } from 'node:crypto';
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
/** When so many in a row fail, it is the database that fails: the others wait for the next try. */
const FAILURES_MAX = 5;
const KIND = 'half_done_change';

/** Changes with an uncertain outcome, repaired as soon as the databases answer. What is lost here the next run finds. */
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
    if (this.waiting.size > 0) this.log.warning('Uncertain changes are left to the next run', this.backlog());
  }

  private add(request: RepairRequest): void {
    const key = `${request.kind}:${request.id}`;
    // The first request of a resource knows the oldest record, whose login may still have to move.
    if (!this.waiting.has(key)) {
      if (this.waiting.size >= WAITING_MAX) {
        this.log.error('Too many changes are uncertain: the next run finds this one', this.backlog());
        return;
      }
      this.metrics.driftFound(KIND);
      this.waiting.set(key, request);
    }
    // Not in the context of the request that failed: its time is over.
    this.working ??= runInContext(new RequestContext(randomUUID()), () => this.work());
  }

  private async work(): Promise<void> {
    // The loop begins after `working` is set, so that its end can be told.
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
        await runInContext(new RequestContext(randomUUID(), REPAIR_BUDGET_MS), () => this.repair(request));
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
      // A record that never came to be has no login either: its transaction was the first to commit.
      if (!(error instanceof ServiceError && error.status === 'NOT_FOUND')) throw error;
    }
    this.metrics.driftRepaired(KIND);
    this.log.info('An uncertain change was repaired', { kind, id });
  }

  private backlog(): { waiting: number } {
    return { waiting: this.waiting.size };
  }
}

import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { registerMetrics } from './metric.registry';
import { withTimeout } from '../timeout';

export type BreakerState = 'closed' | 'open' | 'half-open';
export type CacheResult = 'hit' | 'miss' | 'bypass';

export interface PoolUse {
  readonly used: number;
  readonly idle: number;
  readonly waiting: number;
}

const BREAKER_VALUE: Readonly<Record<BreakerState, number>> = { closed: 0, open: 1, 'half-open': 2 };
const METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE']);
const SCRAPE_TIMEOUT_MS = 1_000;

/** What the service counts, in its own words; the only door to prom-client. */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  private readonly metrics = registerMetrics(this.registry);
  private readonly sources = new Map<string, () => void | Promise<void>>();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Asks every source, then writes all metrics; a source that fails or hangs keeps its last value. */
  async render(): Promise<string> {
    await Promise.all([...this.sources].map(([name, read]) => this.refresh(name, read)));
    return this.registry.metrics();
  }

  /** Registers what has to be asked for when somebody looks: `read` sets its gauges. */
  onScrape(name: string, read: () => void | Promise<void>): void {
    this.sources.set(name, read);
  }

  rpcHandled(label: string, method: string, durationMs: number): void {
    this.metrics.rpcDuration.observe({ type: label, method: METHODS.has(method) ? method : 'other' }, durationMs);
  }

  rpcStarted(): void {
    this.metrics.rpcInFlight.inc();
  }

  rpcFinished(): void {
    this.metrics.rpcInFlight.dec();
  }

  rpcRejected(reason: string): void {
    this.metrics.rpcRejected.inc({ reason });
  }

  internalError(): void {
    this.metrics.internalErrors.inc();
  }

  redeliveredWriteDropped(): void {
    this.metrics.redeliveredWritesDropped.inc();
  }

  replyUndeliverable(): void {
    this.metrics.repliesUndeliverable.inc();
  }

  consumerRestored(queue: string): void {
    this.metrics.consumerRestored.inc({ queue });
  }

  outboundRpc(target: string, resource: string, method: string, durationMs: number): void {
    const bounded = METHODS.has(method) ? method : 'other';
    this.metrics.outboundDuration.observe({ target, resource, method: bounded }, durationMs);
  }

  breakerTransition(target: string, from: BreakerState, to: BreakerState): void {
    this.metrics.breakerTransitions.inc({ target, from, to });
    this.metrics.breakerState.set({ target }, BREAKER_VALUE[to]);
  }

  breakerRejected(target: string): void {
    this.metrics.breakerRejected.inc({ target });
  }

  eventHandled(publisher: string, type: string, durationMs: number): void {
    this.metrics.eventDuration.observe({ publisher, type }, durationMs);
  }

  eventRetried(queue: string, retryCount: number): void {
    this.metrics.eventRetried.inc({ queue, retry_count: String(retryCount) });
  }

  /** An event was put aside because a dependency is away; none of its tries is used up. */
  eventDeferred(queue: string): void {
    this.metrics.eventsDeferred.inc({ queue });
  }

  eventsWaiting(events: number): void {
    this.metrics.eventsWaiting.set(events);
  }

  eventsWaitingAge(seconds: number): void {
    this.metrics.eventsWaitingAge.set(seconds);
  }

  /** The platform's own name for an event that failed its last attempt is "dropped", although ours is kept. */
  eventParked(queue: string): void {
    this.metrics.eventsParked.inc({ queue });
    this.metrics.eventDropped.inc({ queue });
  }

  parkedDepth(events: number): void {
    this.metrics.parkedDepth.set(events);
  }

  notified(type: string, durationMs: number, ok: boolean): void {
    this.metrics.notifyDuration.observe({ type }, durationMs);
    if (!ok) return;
    this.metrics.notify.inc({ type });
    this.metrics.eventPublish.inc({ event_type: type });
  }

  outboxBacklog(depth: number, oldestAgeSeconds: number): void {
    this.metrics.outboxDepth.set(depth);
    this.metrics.outboxAge.set(oldestAgeSeconds);
  }

  extensionCreated(): void {
    this.metrics.extensionCreate.inc();
  }

  extensionDeleted(): void {
    this.metrics.extensionDelete.inc();
  }

  trunkCreated(): void {
    this.metrics.trunkCreate.inc();
  }

  trunkDeleted(): void {
    this.metrics.trunkDelete.inc();
  }

  cacheRequest(cache: string, result: CacheResult): void {
    this.metrics.cacheRequests.inc({ cache, result });
  }

  redisUp(up: boolean): void {
    this.metrics.redisUp.set(up ? 1 : 0);
  }

  poolUse(database: string, use: PoolUse): void {
    for (const state of ['used', 'idle', 'waiting'] as const)
      this.metrics.databasePool.set({ database, state }, use[state]);
  }

  driftFound(kind: string, count = 1): void {
    this.metrics.driftFound.inc({ kind }, count);
  }

  driftRepaired(kind: string, count = 1): void {
    this.metrics.driftRepaired.inc({ kind }, count);
  }

  reconciled(durationMs: number): void {
    this.metrics.reconcileLastRun.setToCurrentTime();
    this.metrics.reconcileDuration.set(durationMs / 1000);
  }

  databaseWritable(database: string, writable: boolean): void {
    this.metrics.databaseWritable.set({ database }, writable ? 1 : 0);
  }

  duplicateKeys(key: string, count: number): void {
    this.metrics.duplicateKeys.set({ key }, count);
  }

  compensationFailed(what: string): void {
    this.metrics.compensationFailures.inc({ what });
  }

  openAccounts(count: number): void {
    this.metrics.openAccounts.set(count);
  }

  private async refresh(name: string, read: () => void | Promise<void>): Promise<void> {
    try {
      await withTimeout(async () => read(), SCRAPE_TIMEOUT_MS);
    } catch {
      this.metrics.scrapeFailures.inc({ source: name });
    }
  }
}

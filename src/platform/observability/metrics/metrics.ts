import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { withTimeout } from '../timeout';
import { METRICS, type MetricDefinition, type MetricName } from './metric.definitions';

export type BreakerState = 'closed' | 'open' | 'half-open';

type LabelValues<Labels extends readonly string[]> = { -readonly [Index in keyof Labels]: string | number };

/** Records one metric: the values of its labels in their order, then the number; a counter counts 1 without one. */
type Recorder<Kind, Labels extends readonly string[]> = Kind extends 'counter'
  ? (...values: [...LabelValues<Labels>, count?: number]) => void
  : (...values: [...LabelValues<Labels>, value: number | boolean]) => void;

type Recorders = {
  readonly [Name in MetricName]: Recorder<(typeof METRICS)[Name]['kind'], (typeof METRICS)[Name]['labels']>;
};

/** Gives the class a recorder for each definition. */
const Recorded = Object as unknown as new () => Recorders;

const BREAKER_VALUE: Readonly<Record<BreakerState, number>> = { closed: 0, open: 1, 'half-open': 2 };
const METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE']);
/** Milliseconds, as the platform's dashboards expect. */
const DURATION_BUCKETS_MS = [50, 100, 500, 1000, 3000];
const SCRAPE_TIMEOUT_MS = 1_000;

/** The metrics of the service; only this class uses prom-client. The methods below do more than call one recorder. */
@Injectable()
export class Metrics extends Recorded {
  /** A registry of its own, so that two applications in one process do not share counts. */
  readonly registry = new Registry();
  private readonly sources = new Map<string, () => void | Promise<void>>();
  private inFlight = 0;

  constructor() {
    super();
    for (const [name, definition] of Object.entries(METRICS)) {
      Object.assign(this, { [name]: recorder(definition, this.registry) });
    }
  }

  /** Asks every source, then writes all metrics; a source that fails or hangs keeps its last value. */
  async render(): Promise<string> {
    await Promise.all([...this.sources].map(([name, read]) => this.refresh(name, read)));
    return this.registry.metrics();
  }

  /** Registers a source that is read at each scrape: `read` sets its gauges. */
  onScrape(name: string, read: () => void | Promise<void>): void {
    this.sources.set(name, read);
  }

  rpcStarted(): void {
    this.rpcInFlight(++this.inFlight);
  }

  rpcFinished(): void {
    this.rpcInFlight(--this.inFlight);
  }

  rpcHandled(label: string, method: string, durationMs: number): void {
    this.rpcDuration(label, boundedMethod(method), durationMs);
  }

  outboundRpc(target: string, resource: string, method: string, durationMs: number): void {
    this.outboundDuration(target, resource, boundedMethod(method), durationMs);
  }

  breakerTransition(target: string, from: BreakerState, to: BreakerState): void {
    this.breakerTransitions(target, from, to);
    this.breakerState(target, BREAKER_VALUE[to]);
  }

  /** The platform calls an event that failed its last attempt "dropped"; this service parks it. */
  eventParked(queue: string): void {
    this.eventsParked(queue);
    this.eventDropped(queue);
  }

  notified(type: string, durationMs: number, ok: boolean): void {
    this.notifyDuration(type, durationMs);
    if (!ok) return;
    this.notifications(type);
    this.eventPublished(type);
  }

  outboxBacklog(depth: number, oldestAgeSeconds: number): void {
    this.outboxDepth(depth);
    this.outboxAge(oldestAgeSeconds);
  }

  poolUse(database: string, use: Readonly<Record<'used' | 'idle' | 'waiting', number>>): void {
    for (const state of ['used', 'idle', 'waiting'] as const) this.databasePool(database, state, use[state]);
  }

  reconciled(durationMs: number): void {
    this.reconcileLastRun(Date.now() / 1000);
    this.reconcileDuration(durationMs / 1000);
  }

  private async refresh(name: string, read: () => void | Promise<void>): Promise<void> {
    try {
      await withTimeout(async () => read(), SCRAPE_TIMEOUT_MS);
    } catch {
      this.scrapeFailed(name);
    }
  }
}

/** A caller may send any method, and the label must have few values. */
function boundedMethod(method: string): string {
  return METHODS.has(method) ? method : 'other';
}

type Values = readonly (string | number | boolean)[];

function recorder({ kind, name, help, labels }: MetricDefinition, registry: Registry): (...values: Values) => void {
  const options = { name, help, labelNames: [...labels], registers: [registry] };
  const numberOf = (values: Values): number => Number(values[labels.length] ?? 1);
  switch (kind) {
    case 'counter': {
      const series = seriesOf(new Counter(options), labels.length);
      return (...values) => series(values).inc(numberOf(values));
    }
    case 'gauge': {
      const series = seriesOf(new Gauge(options), labels.length);
      return (...values) => series(values).set(numberOf(values));
    }
    case 'histogram': {
      const series = seriesOf(new Histogram({ ...options, buckets: DURATION_BUCKETS_MS }), labels.length);
      return (...values) => series(values).observe(numberOf(values));
    }
  }
}

/** The series for the labels that come first in the values; each is looked up in the library once. */
function seriesOf<Series>(
  metric: { labels: (...labels: string[]) => Series },
  count: number,
): (values: Values) => Series {
  const known = new Map<string, Series>();
  return (values) => {
    const labels = values.slice(0, count).map(String);
    const key = labels.join('\0');
    const series = known.get(key) ?? metric.labels(...labels);
    known.set(key, series);
    return series;
  };
}

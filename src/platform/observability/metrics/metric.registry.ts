import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { DURATION_BUCKETS_MS, type MetricDefinition } from './metric.definition';
import { METRICS, type MetricName } from './metric.definitions';

type LabelOf<Name extends MetricName> = (typeof METRICS)[Name] extends { readonly labels: readonly (infer L)[] }
  ? L & string
  : never;

type KindOf<Name extends MetricName> = {
  counter: Counter<LabelOf<Name>>;
  gauge: Gauge<LabelOf<Name>>;
  histogram: Histogram<LabelOf<Name>>;
}[(typeof METRICS)[Name]['kind']];

export type RegisteredMetrics = { readonly [Name in MetricName]: KindOf<Name> };

/** Makes every defined metric in a registry of its own: two applications in one process do not share counts. */
export function registerMetrics(registry: Registry): RegisteredMetrics {
  const made = Object.entries<MetricDefinition>(METRICS).map(([key, definition]) => [key, make(definition, registry)]);
  return Object.fromEntries(made) as RegisteredMetrics;
}

function make({ kind, name, help, labels = [] }: MetricDefinition, registry: Registry): Counter | Gauge | Histogram {
  const options = { name, help, labelNames: [...labels], registers: [registry] };
  switch (kind) {
    case 'counter':
      return new Counter(options);
    case 'gauge':
      return new Gauge(options);
    case 'histogram':
      return new Histogram({ ...options, buckets: DURATION_BUCKETS_MS });
  }
}

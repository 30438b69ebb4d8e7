export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

export const ours = (name: string): string => `registrar_manager_${name}`;

/** Milliseconds, as the platform's dashboards expect. */
export const DURATION_BUCKETS_MS = [50, 100, 500, 1000, 3000];

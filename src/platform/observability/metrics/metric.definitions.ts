import { ours, type MetricDefinition } from './metric.definition';
import { PLATFORM_METRICS } from './metric.platform';

export type { MetricDefinition };

/** Every metric of the service. */
export const METRICS = {
  ...PLATFORM_METRICS,

  rpcInFlight: { kind: 'gauge', name: ours('rpc_in_flight'), help: 'Requests in work now.' },
  rpcRejected: {
    kind: 'counter',
    name: ours('rpc_rejected_total'),
    help: 'Requests refused without work: overload, shutdown or a malformed envelope.',
    labels: ['reason'],
  },
  internalErrors: {
    kind: 'counter',
    name: ours('internal_errors_total'),
    help: 'Requests answered 500; the log has the reason under the error_id.',
  },
  redeliveredWritesDropped: {
    kind: 'counter',
    name: ours('redelivered_writes_dropped_total'),
    help: 'Redelivered writes whose caller no longer waited.',
  },
  repliesUndeliverable: {
    kind: 'counter',
    name: ours('replies_undeliverable_total'),
    help: 'Replies whose requester was gone.',
  },
  consumerRestored: {
    kind: 'counter',
    name: ours('consumer_restored_total'),
    help: 'Consumers set up again after the broker had lost them.',
    labels: ['queue'],
  },
  eventsParked: {
    kind: 'counter',
    name: ours('events_parked_total'),
    help: 'Events parked for a person to look at.',
    labels: ['queue'],
  },
  parkedDepth: { kind: 'gauge', name: ours('events_parked'), help: 'Events in the parking queue now.' },
  eventsDeferred: {
    kind: 'counter',
    name: ours('events_deferred_total'),
    help: 'Times an event was put aside because a dependency was away.',
    labels: ['queue'],
  },
  eventsWaiting: { kind: 'gauge', name: ours('events_waiting'), help: 'Events set aside now, which come back.' },
  eventsWaitingAge: {
    kind: 'gauge',
    name: ours('events_waiting_oldest_age_seconds'),
    help: 'For how long a dependency has kept the oldest event waiting, as far as this process saw.',
  },
  outboxDepth: { kind: 'gauge', name: ours('outbox_depth'), help: 'Events written but not yet published.' },
  outboxAge: {
    kind: 'gauge',
    name: ours('outbox_oldest_age_seconds'),
    help: 'Age of the oldest event not yet published.',
  },
  cacheRequests: {
    kind: 'counter',
    name: ours('cache_requests_total'),
    help: 'Look-ups in the cache; bypass: Redis was not asked.',
    labels: ['cache', 'result'],
  },
  redisUp: { kind: 'gauge', name: ours('redis_up'), help: 'Whether Redis answers: 1 or 0.' },
  databasePool: {
    kind: 'gauge',
    name: ours('database_pool_connections'),
    help: 'Connections of the pool: used, idle, and callers waiting for one.',
    labels: ['database', 'state'],
  },
  databaseWritable: {
    kind: 'gauge',
    name: ours('database_writable'),
    help: 'Whether the database takes writes: 1 or 0. It may serve reads and be read-only, full, or deny them.',
    labels: ['database'],
  },
  driftFound: {
    kind: 'counter',
    name: ours('reconcile_drift_found_total'),
    help: 'Differences between records and SIP rows.',
    labels: ['kind'],
  },
  driftRepaired: {
    kind: 'counter',
    name: ours('reconcile_drift_repaired_total'),
    help: 'Differences repaired.',
    labels: ['kind'],
  },
  reconcileLastRun: {
    kind: 'gauge',
    name: ours('reconcile_last_run_timestamp_seconds'),
    help: 'When the last complete reconciliation ended.',
  },
  reconcileDuration: {
    kind: 'gauge',
    name: ours('reconcile_last_run_duration_seconds'),
    help: 'How long the last complete reconciliation took.',
  },
  duplicateKeys: {
    kind: 'gauge',
    name: ours('duplicate_keys'),
    help: 'Values that living records share although they must be unique; above 0 the unique key is missing.',
    labels: ['key'],
  },
  compensationFailures: {
    kind: 'counter',
    name: ours('compensation_failures_total'),
    help: 'Outside resources that could not be given back after a failure.',
    labels: ['what'],
  },
  openAccounts: {
    kind: 'gauge',
    name: ours('open_accounts'),
    help: 'Living records with an empty password, which are kept from letting anybody in.',
  },
  scrapeFailures: {
    kind: 'counter',
    name: ours('scrape_failures_total'),
    help: 'Gauges that could not be read in time for a scrape.',
    labels: ['source'],
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

/** The README's table of metrics. */
export function metricsTable(): string {
  const rows = Object.values<MetricDefinition>(METRICS).map(({ name, kind, labels = [], help }) => {
    const labelled = labels.length === 0 ? '–' : labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${kind} | ${labelled} | ${help} |`;
  });
  return ['| metric | type | labels | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

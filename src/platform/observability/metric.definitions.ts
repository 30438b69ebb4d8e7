export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

const ours = (name: string): string => `registrar_manager_${name}`;

/** Milliseconds, as the platform's dashboards expect. */
export const DURATION_BUCKETS_MS = [50, 100, 500, 1000, 3000];

/** Every metric of the service. The first group has the names and labels the platform's dashboards know. */
export const METRICS = {
  rpcDuration: {
    kind: 'histogram',
    name: ours('receive_request_process_time'),
    help: 'Time to answer a request, in milliseconds.',
    labels: ['type', 'method'],
  },
  eventDuration: {
    kind: 'histogram',
    name: ours('receive_subscribe_event_process_time'),
    help: 'Time to handle an event of another service, in milliseconds.',
    labels: ['publisher', 'type'],
  },
  extensionCreate: { kind: 'counter', name: ours('extension_create_total'), help: 'Extensions created.' },
  extensionDelete: { kind: 'counter', name: ours('extension_delete_total'), help: 'Extensions deleted.' },
  trunkCreate: { kind: 'counter', name: ours('trunk_create_total'), help: 'Trunks created.' },
  trunkDelete: { kind: 'counter', name: ours('trunk_delete_total'), help: 'Trunks deleted.' },
  outboundDuration: {
    kind: 'histogram',
    name: ours('request_process_time'),
    help: 'Time of a request to another service, in milliseconds.',
    labels: ['target', 'resource', 'method'],
  },
  eventPublish: {
    kind: 'counter',
    name: ours('event_publish_total'),
    help: 'Events confirmed by the broker.',
    labels: ['event_type'],
  },
  notifyDuration: {
    kind: 'histogram',
    name: ours('notify_process_time'),
    help: 'Time of an attempt to publish an event, in milliseconds.',
    labels: ['type'],
  },
  notify: { kind: 'counter', name: ours('notify_total'), help: 'Events published.', labels: ['type'] },
  breakerTransitions: {
    kind: 'counter',
    name: ours('circuitbreaker_state_transitions_total'),
    help: 'Changes of a circuit breaker between closed, open and half-open.',
    labels: ['target', 'from', 'to'],
  },
  breakerState: {
    kind: 'gauge',
    name: ours('circuitbreaker_state'),
    help: 'Circuit breaker: 0 closed, 1 open, 2 half-open.',
    labels: ['target'],
  },
  breakerRejected: {
    kind: 'counter',
    name: ours('circuitbreaker_rejected_total'),
    help: 'Requests an open circuit breaker refused.',
    labels: ['target'],
  },
  eventRetried: {
    kind: 'counter',
    name: 'rabbitmqhandler_event_retried_total',
    help: 'Events put back for another attempt.',
    labels: ['queue', 'retry_count'],
  },
  eventDropped: {
    kind: 'counter',
    name: 'rabbitmqhandler_event_dropped_total',
    help: 'Events given up after the last attempt (they are parked).',
    labels: ['queue'],
  },

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

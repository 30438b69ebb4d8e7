export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

const counter = kind('counter');
const gauge = kind('gauge');
const histogram = kind('histogram');
const ours = (name: string): string => `registrar_manager_${name}`;

/** Every metric: its name, what it means, its labels. `Metrics` has a function of the same key that records it. */
export const METRICS = {
  // The platform's dashboards know these names and labels.
  rpcDuration: histogram(
    ours('receive_request_process_time'),
    'Time to answer a request, in milliseconds.',
    'type',
    'method',
  ),
  eventHandled: histogram(
    ours('receive_subscribe_event_process_time'),
    'Time to handle an event of another service, in milliseconds.',
    'publisher',
    'type',
  ),
  extensionCreated: counter(ours('extension_create_total'), 'Extensions created.'),
  extensionDeleted: counter(ours('extension_delete_total'), 'Extensions deleted.'),
  trunkCreated: counter(ours('trunk_create_total'), 'Trunks created.'),
  trunkDeleted: counter(ours('trunk_delete_total'), 'Trunks deleted.'),
  outboundDuration: histogram(
    ours('request_process_time'),
    'Time of a request to another service, in milliseconds.',
    'target',
    'resource',
    'method',
  ),
  eventPublished: counter(ours('event_publish_total'), 'Events confirmed by the broker.', 'event_type'),
  notifyDuration: histogram(
    ours('notify_process_time'),
    'Time of an attempt to publish an event, in milliseconds.',
    'type',
  ),
  notifications: counter(ours('notify_total'), 'Events published.', 'type'),
  breakerTransitions: counter(
    ours('circuitbreaker_state_transitions_total'),
    'Changes of a circuit breaker between closed, open and half-open.',
    'target',
    'from',
    'to',
  ),
  breakerState: gauge(ours('circuitbreaker_state'), 'Circuit breaker: 0 closed, 1 open, 2 half-open.', 'target'),
  breakerRejected: counter(
    ours('circuitbreaker_rejected_total'),
    'Requests an open circuit breaker refused.',
    'target',
  ),
  eventRetried: counter(
    'rabbitmqhandler_event_retried_total',
    'Events put back for another attempt.',
    'queue',
    'retry_count',
  ),
  eventDropped: counter(
    'rabbitmqhandler_event_dropped_total',
    'Events given up after the last attempt (they are parked).',
    'queue',
  ),

  // Only this service has these.
  rpcInFlight: gauge(ours('rpc_in_flight'), 'Requests in work now.'),
  rpcRejected: counter(
    ours('rpc_rejected_total'),
    'Requests refused without work: overload, shutdown or a malformed envelope.',
    'reason',
  ),
  internalError: counter(
    ours('internal_errors_total'),
    'Requests answered 500; the log has the reason under the error_id.',
  ),
  redeliveredWriteDropped: counter(
    ours('redelivered_writes_dropped_total'),
    'Redelivered writes whose caller no longer waited.',
  ),
  replyUndeliverable: counter(ours('replies_undeliverable_total'), 'Replies whose requester was gone.'),
  consumerRestored: counter(
    ours('consumer_restored_total'),
    'Consumers set up again after the broker had lost them.',
    'queue',
  ),
  eventsParked: counter(ours('events_parked_total'), 'Events parked for a person to look at.', 'queue'),
  parkedDepth: gauge(ours('events_parked'), 'Events in the parking queue now.'),
  eventDeferred: counter(
    ours('events_deferred_total'),
    'Times an event was put aside because a dependency was away.',
    'queue',
  ),
  eventsWaiting: gauge(ours('events_waiting'), 'Events set aside now, which come back.'),
  eventsWaitingAge: gauge(
    ours('events_waiting_oldest_age_seconds'),
    'For how long a dependency has kept the oldest event waiting, as far as this process saw.',
  ),
  outboxDepth: gauge(ours('outbox_depth'), 'Events not yet published, or published with cache keys still to drop.'),
  outboxAge: gauge(ours('outbox_oldest_age_seconds'), 'Age of the oldest of these events.'),
  cacheRequest: counter(
    ours('cache_requests_total'),
    'Look-ups in the cache; bypass: Redis was not asked.',
    'cache',
    'result',
  ),
  redisUp: gauge(ours('redis_up'), 'Whether Redis answers: 1 or 0.'),
  databasePool: gauge(
    ours('database_pool_connections'),
    'Connections of the pool: used, idle, and callers waiting for one.',
    'database',
    'state',
  ),
  databaseWritable: gauge(
    ours('database_writable'),
    'Whether the database takes writes: 1 or 0. It may serve reads and be read-only, full, or deny them.',
    'database',
  ),
  asteriskNodeUp: gauge(
    ours('asterisk_ami_up'),
    'Whether this Asterisk can be told to forget cached logins: 1 or 0.',
    'node',
  ),
  asteriskNodeFailed: counter(
    ours('asterisk_ami_failures_total'),
    'Connections to the manager of this Asterisk that failed or ended.',
    'node',
    'reason',
  ),
  asteriskForgetLate: counter(
    ours('asterisk_ami_late_total'),
    'Changes of logins that were answered before this Asterisk had forgotten its cached copy.',
    'node',
  ),
  driftFound: counter(ours('reconcile_drift_found_total'), 'Differences between records and SIP rows.', 'kind'),
  driftRepaired: counter(ours('reconcile_drift_repaired_total'), 'Differences repaired.', 'kind'),
  reconcileLastRun: gauge(ours('reconcile_last_run_timestamp_seconds'), 'When the last complete reconciliation ended.'),
  reconcileDuration: gauge(
    ours('reconcile_last_run_duration_seconds'),
    'How long the last complete reconciliation took.',
  ),
  duplicateKeys: gauge(
    ours('duplicate_keys'),
    'Values that living records share although they must be unique; above 0 the unique key is missing.',
    'key',
  ),
  compensationFailed: counter(
    ours('compensation_failures_total'),
    'Outside resources that could not be given back after a failure.',
    'what',
  ),
  openAccounts: gauge(ours('open_accounts'), 'Living records with an empty password, which therefore admit no caller.'),
  scrapeFailed: counter(ours('scrape_failures_total'), 'Gauges that could not be read in time for a scrape.', 'source'),
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

/** The documentation's table of metrics. */
export function metricsTable(): string {
  const rows = Object.values<MetricDefinition>(METRICS).map(({ name, kind, labels, help }) => {
    const labelled = labels.length === 0 ? '–' : labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${kind} | ${labelled} | ${help} |`;
  });
  return ['| metric | type | labels | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function kind<const Kind extends MetricDefinition['kind']>(kind: Kind) {
  return <const Labels extends readonly string[]>(name: string, help: string, ...labels: Labels) => ({
    kind,
    name,
    help,
    labels,
  });
}

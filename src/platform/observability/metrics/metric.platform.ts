import { ours, type MetricDefinition } from './metric.definition';

/** The names and labels that the platform's dashboards know. */
export const PLATFORM_METRICS = {
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
} as const satisfies Record<string, MetricDefinition>;

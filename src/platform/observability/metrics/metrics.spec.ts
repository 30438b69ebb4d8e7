import { type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { METRICS, metricsTable } from './metric.definitions';
import { Metrics } from './metrics';
import { MetricsModule } from './metrics.module';

describe('Metrics', () => {
  let metrics: Metrics;
  beforeEach(() => {
    metrics = new Metrics();
  });

  it('defines the platform’s metrics with their labels', () => {
    const contract = Object.fromEntries(
      Object.values(METRICS)
        .slice(0, 15)
        .map((definition) => [definition.name, definition.labels.join()]),
    );
    expect(contract).toEqual({
      registrar_manager_receive_request_process_time: 'type,method',
      registrar_manager_receive_subscribe_event_process_time: 'publisher,type',
      registrar_manager_extension_create_total: '',
      registrar_manager_extension_delete_total: '',
      registrar_manager_trunk_create_total: '',
      registrar_manager_trunk_delete_total: '',
      registrar_manager_request_process_time: 'target,resource,method',
      registrar_manager_event_publish_total: 'event_type',
      registrar_manager_notify_process_time: 'type',
      registrar_manager_notify_total: 'type',
      registrar_manager_circuitbreaker_state_transitions_total: 'target,from,to',
      registrar_manager_circuitbreaker_state: 'target',
      registrar_manager_circuitbreaker_rejected_total: 'target',
      rabbitmqhandler_event_retried_total: 'queue,retry_count',
      rabbitmqhandler_event_dropped_total: 'queue',
    });
  });

  it('puts durations into the platform’s buckets and bounds the method', async () => {
    metrics.rpcHandled('/v1/extensions', 'GET', 60);
    metrics.rpcHandled('notfound', 'BREW'.repeat(10), 1);
    const text = await metrics.render();
    const bounds = [...text.matchAll(/receive_request_process_time_bucket\{le="([^"]+)",type="\/v1\/extensions"/g)];
    expect(bounds.map(([, le]) => le)).toEqual(['50', '100', '500', '1000', '3000', '+Inf']);
    expect(text).toContain('process_time_bucket{le="50",type="/v1/extensions",method="GET"} 0');
    expect(text).toContain('process_time_bucket{le="100",type="/v1/extensions",method="GET"} 1');
    expect(text).toContain('receive_request_process_time_count{type="notfound",method="other"} 1');
    expect(text).not.toContain('BREW');
  });

  it.each<[string, (metrics: Metrics) => void, string]>([
    ['an extension', (m) => m.extensionCreated(), 'registrar_manager_extension_create_total 1'],
    ['a deletion', (m) => m.extensionDeleted(), 'registrar_manager_extension_delete_total 1'],
    ['a trunk', (m) => m.trunkCreated(), 'registrar_manager_trunk_create_total 1'],
    ['a trunk deletion', (m) => m.trunkDeleted(), 'registrar_manager_trunk_delete_total 1'],
    [
      'a request',
      (m) => m.outboundRpc('q', 'direct/directs', 'POST', 5),
      'request_process_time_sum{target="q",resource="direct/directs",method="POST"} 5',
    ],
    [
      'a state',
      (m) => m.breakerTransition('q', 'open', 'half-open'),
      'registrar_manager_circuitbreaker_state{target="q"} 2',
    ],
    [
      'a transition',
      (m) => m.breakerTransition('q', 'closed', 'open'),
      'transitions_total{target="q",from="closed",to="open"} 1',
    ],
    ['a rejection', (m) => m.breakerRejected('q'), 'circuitbreaker_rejected_total{target="q"} 1'],
    [
      'an event',
      (m) => m.eventHandled('customer-manager', 'customer_deleted', 7),
      'event_process_time_sum{publisher="customer-manager",type="customer_deleted"} 7',
    ],
    ['a retry', (m) => m.eventRetried('q', 2), 'rabbitmqhandler_event_retried_total{queue="q",retry_count="2"} 1'],
    ['a drop', (m) => m.eventParked('q'), 'rabbitmqhandler_event_dropped_total{queue="q"} 1'],
    ['a parked event', (m) => m.eventParked('q'), 'registrar_manager_events_parked_total{queue="q"} 1'],
    ['parked events', (m) => m.parkedDepth(4), 'registrar_manager_events_parked 4'],
    [
      'a publication',
      (m) => m.notified('trunk_created', 3, true),
      'registrar_manager_notify_total{type="trunk_created"} 1',
    ],
    ['the outbox', (m) => m.outboxBacklog(3, 9), 'registrar_manager_outbox_oldest_age_seconds 9'],
    ['a hit', (m) => m.cacheRequest('extension', 'hit'), 'cache_requests_total{cache="extension",result="hit"} 1'],
    ['redis', (m) => m.redisUp(true), 'registrar_manager_redis_up 1'],
    [
      'a pool',
      (m) => m.poolUse('bin', { used: 1, idle: 2, waiting: 3 }),
      'pool_connections{database="bin",state="waiting"} 3',
    ],
    ['drift', (m) => m.driftFound('missing_endpoint', 2), 'drift_found_total{kind="missing_endpoint"} 2'],
    ['a repair', (m) => m.driftRepaired('missing_endpoint'), 'drift_repaired_total{kind="missing_endpoint"} 1'],
    ['a reconciliation', (m) => m.reconciled(1500), 'reconcile_last_run_duration_seconds 1.5'],
    ['work in flight', (m) => m.rpcStarted(), 'registrar_manager_rpc_in_flight 1'],
    ['a refusal', (m) => m.rpcRejected('overload'), 'rpc_rejected_total{reason="overload"} 1'],
    ['a dropped write', (m) => m.redeliveredWriteDropped(), 'redelivered_writes_dropped_total 1'],
    ['a lost reply', (m) => m.replyUndeliverable(), 'replies_undeliverable_total 1'],
    ['a consumer', (m) => m.consumerRestored('q'), 'consumer_restored_total{queue="q"} 1'],
    ['duplicates', (m) => m.duplicateKeys('extension', 2), 'duplicate_keys{key="extension"} 2'],
    ['a failed compensation', (m) => m.compensationFailed('direct'), 'compensation_failures_total{what="direct"} 1'],
    ['open accounts', (m) => m.openAccounts(6), 'registrar_manager_open_accounts 6'],
  ])('counts %s', async (_, count, line) => {
    expect(await metrics.render()).not.toContain(line);
    count(metrics);
    expect(await metrics.render()).toContain(line);
  });

  it('measures a failed publication without counting it as published', async () => {
    metrics.notified('trunk_created', 3, false);
    const text = await metrics.render();
    expect(text).toContain('notify_process_time_count{type="trunk_created"} 1');
    expect(text).not.toContain('notify_total{type="trunk_created"}');
  });

  it('asks sources at the scrape and outlives one that fails or hangs', async () => {
    metrics.onScrape('outbox', () => metrics.outboxBacklog(5, 1));
    metrics.onScrape('broken', () => Promise.reject(new Error('x')));
    metrics.onScrape('hanging', () => new Promise<void>(() => undefined));
    const text = await metrics.render();
    expect(text).toContain('registrar_manager_outbox_depth 5');
    expect(text).toContain('scrape_failures_total{source="broken"} 1');
    expect(text).toContain('scrape_failures_total{source="hanging"} 1');
  });

  it('documents every metric', () => {
    for (const { name } of Object.values(METRICS)) expect(metricsTable()).toContain(`| \`${name}\` |`);
  });
});

describe('MetricsModule', () => {
  let app: INestApplication | undefined;
  afterEach(async () => app?.close());

  it.each(['/metrics', '/deep/scrape'])('serves %s and nothing else', async (prometheusEndpoint) => {
    const module = await Test.createTestingModule({
      imports: [MetricsModule.forRoot({ prometheusEndpoint })],
    }).compile();
    app = module.createNestApplication();
    app.useLogger(false);
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    app.get(Metrics).extensionCreated();
    const reply = await fetch(`${url}${prometheusEndpoint}`);
    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-type')).toMatch(/^text\/plain;.*version=0\.0\.4/);
    const text = await reply.text();
    expect(text).toContain('registrar_manager_extension_create_total 1');
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).toContain('nodejs_eventloop_lag_seconds');
    expect((await fetch(`${url}/other`)).status).toBe(404);
  });
});

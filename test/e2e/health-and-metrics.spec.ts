import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { eventually } from '../support/conditions';
import { extensionOf, trunkOf } from '../support/envelope';
import { REQUEST_QUEUE } from '../support/caller';
import { BillingManager } from '../support/peers';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

const NAMES = {
  registrar_manager_receive_request_process_time: 'histogram',
  registrar_manager_receive_subscribe_event_process_time: 'histogram',
  registrar_manager_extension_create_total: 'counter',
  registrar_manager_extension_delete_total: 'counter',
  registrar_manager_trunk_create_total: 'counter',
  registrar_manager_trunk_delete_total: 'counter',
  registrar_manager_request_process_time: 'histogram',
  registrar_manager_event_publish_total: 'counter',
  registrar_manager_notify_process_time: 'histogram',
  registrar_manager_notify_total: 'counter',
  registrar_manager_circuitbreaker_state_transitions_total: 'counter',
  registrar_manager_circuitbreaker_state: 'gauge',
  registrar_manager_circuitbreaker_rejected_total: 'counter',
  rabbitmqhandler_event_retried_total: 'counter',
  rabbitmqhandler_event_dropped_total: 'counter',
};

describe('seen from outside', () => {
  const world = withWorld();

  it.each(['/health', '/health/live', '/health/ready', '/health/startup', '/metrics'])(
    'GET %s is 200',
    async (path) => {
      expect((await world().service.get(path)).status).toBe(200);
    },
  );

  it.each(['/', '/nothing', '/v1/extensions', '/health/nothing'])('GET %s is 404', async (path) => {
    expect((await world().service.get(path)).status).toBe(404);
  });

  it('has the metrics that dashboards know, in Prometheus’ own format', async () => {
    const { text, contentType } = await world().service.get('/metrics');
    expect(contentType).toContain('text/plain');
    for (const [name, type] of Object.entries(NAMES)) expect(text).toContain(`# TYPE ${name} ${type}\n`);
  });

  it('counts what was done, by route template', async () => {
    const customerId = freshId();
    const extension = extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    const trunk = trunkOf(await world().caller.post('/v1/trunks', createTrunk(customerId)));
    await world().caller.get(`/v1/extensions/${extension.id}`);
    await world().caller.get('/v1/extensions/extension/2001', { customer_id: customerId });
    await world().caller.get(`/v1/trunks/domain_name/${trunk.domain_name}`);
    await world().caller.get('/v1/contacts');
    await world().caller.delete(`/v1/extensions/${extension.id}`);
    await world().caller.delete(`/v1/trunks/${trunk.id}`);
    for (const method of ['PATCH', 'x"y', 'GET']) await world().caller.call({ method, uri: `/nowhere/${freshId()}` });
    await world().events.untilSeen(customerId, 'trunk_deleted');

    const { service } = world();
    for (const name of ['extension_create', 'extension_delete', 'trunk_create', 'trunk_delete']) {
      expect(await service.metric(`registrar_manager_${name}_total`)).toBe(1);
    }
    for (const [type, method, count] of [
      ['/v1/extensions', 'POST', 1],
      ['/v1/extensions/<extension-id>', 'GET', 1],
      ['/v1/extensions/<extension-id>', 'DELETE', 1],
      ['/v1/extensions/extension/<extension>', 'GET', 1],
      ['/v1/trunks', 'POST', 1],
      ['/v1/trunks/<trunk-id>', 'DELETE', 1],
      ['/v1/trunks/domain_name/<domain-name>', 'GET', 1],
      ['/v1/contacts', 'GET', 1],
      ['notfound', 'GET', 1],
      ['notfound', 'other', 2],
    ] as const) {
      const seen = await service.metric('registrar_manager_receive_request_process_time_count', { type, method });
      expect([type, method, seen]).toEqual([type, method, count]);
    }
    await eventually(
      'the events counted',
      async () => (await service.metric('registrar_manager_notify_total', { type: 'trunk_deleted' })) === 1,
    );
    for (const [target, resource] of [
      ['bin-manager.billing-manager.request', 'billing/accounts/is_valid_resource_limit_by_customer_id'],
      ['bin-manager.direct-manager.request', 'direct/directs'],
    ] as const) {
      const labels = { target, resource, method: 'POST' };
      expect(await service.metric('registrar_manager_request_process_time_count', labels)).toBeGreaterThan(0);
    }
    const { text } = await service.get('/metrics');
    for (const bucket of ['50', '100', '500', '1000', '3000', '+Inf']) expect(text).toContain(`le="${bucket}"`);
    expect(text).not.toContain(customerId);
    expect(text).not.toContain('nowhere');
  });

  it('tells what is in work now, and what was refused unread', async () => {
    const { service, billing, caller } = world();
    const customerId = freshId();
    let seen = -1;
    billing.behaveFor(customerId, async () => {
      seen = await service.metric('registrar_manager_rpc_in_flight');
      return BillingManager.verdict(true);
    });
    extensionOf(await caller.post('/v1/extensions', createExtension(customerId)));
    expect(seen).toBe(1);
    await caller.sendRaw('no envelope');
    expect(await service.metric('registrar_manager_rpc_rejected_total', { reason: 'malformed' })).toBe(1);
    expect(await service.metric('registrar_manager_rpc_in_flight')).toBe(0);
  });

  it('logs one JSON line each, with a severity', () => {
    const { log, stdout } = world().service;
    expect(log.length).toBeGreaterThan(0);
    for (const line of log) {
      expect(line.fields?.['severity']).toMatch(/^(DEBUG|INFO|WARNING|ERROR|CRITICAL)$/);
      expect(typeof line.fields?.['message']).toBe('string');
    }
    expect(stdout).toEqual([]);
  });

  it('is unready while nobody consumes, and consumes again by itself', async () => {
    await world().vhost.deleteQueue(REQUEST_QUEUE);
    const readiness = async (): Promise<number> => (await world().service.get('/health/ready')).status;
    await eventually('readiness being red', async () => (await readiness()) === 503, { intervalMs: 10 });
    await eventually('readiness being green', async () => (await readiness()) === 200);
    expect((await world().caller.get('/v1/contacts')).status_code).toBe(200);
  });
});

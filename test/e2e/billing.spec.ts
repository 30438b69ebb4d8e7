import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { eventually } from '../support/conditions';
import { countOf, errorOf, extensionOf, type Reply } from '../support/envelope';
import { BillingManager, silence } from '../support/peers';
import { NO_TRACES, traces } from '../support/rows';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

const OPEN_FOR_MS = 30_000;

describe('billing-manager', () => {
  const world = withWorld();
  const createBoth = (customerId: string): Promise<Reply[]> =>
    Promise.all([
      world().caller.post('/v1/extensions', createExtension(customerId)),
      world().caller.post('/v1/trunks', createTrunk(customerId)),
    ]);

  afterEach(() => world().billing.behaveAsUsual());

  it('says the limit is reached: 429, and nothing is made', async () => {
    const customerId = freshId();
    world().billing.behaveFor(customerId, BillingManager.denies);
    for (const reply of await createBoth(customerId)) {
      expect(reply.status_code).toBe(429);
      expect(errorOf(reply)).toMatchObject({ status: 'RESOURCE_EXHAUSTED', reason: 'RESOURCE_LIMIT_EXCEEDED' });
    }
    expect(await traces(world(), customerId)).toEqual(NO_TRACES);
    expect(world().direct.requestsOf(customerId)).toEqual([]);
  });

  it('answers with a typed error: passed on unchanged', async () => {
    const customerId = freshId();
    const error = {
      status: 'NOT_FOUND',
      reason: 'BILLING_ACCOUNT_NOT_FOUND',
      domain: 'billing-manager',
      message: 'no account',
      details: [{ a: 1 }],
    };
    world().billing.behaveFor(customerId, () => ({ status_code: 404, data_type: 'voipbin_error', data: error }));
    for (const reply of await createBoth(customerId)) {
      expect(reply.text).toBe(`{"status_code":404,"data_type":"voipbin_error","data":${JSON.stringify(error)}}`);
    }
  });

  it.each([
    ['500', () => ({ status_code: 500, data_type: '' })],
    ['no data', () => ({ status_code: 200, data_type: '' })],
    ['no JSON', () => 'what?'],
    ['a list', () => '[]'],
  ])('answers with %s: an error, and nothing is made', async (_what, behaviour) => {
    const customerId = freshId();
    world().billing.behaveFor(customerId, behaviour);
    for (const reply of await createBoth(customerId)) {
      expect([429, 500, 503]).toContain(reply.status_code);
      expect(errorOf(reply).domain).toBe('registrar-manager');
    }
    expect(await traces(world(), customerId)).toEqual(NO_TRACES);
    await world().caller.post('/v1/extensions', createExtension(freshId()));
  });

  it('counts through us before it answers, during 60 creates at once: neither starves the other', async () => {
    const customerId = freshId();
    extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId())));
    let counts = 0;
    world().billing.behaveFor(customerId, async () => {
      const uri = '/v1/extensions/count_by_customer';
      countOf(
        await world().caller.call({
          uri,
          method: 'GET',
          publisher: 'billing-manager',
          data: { customer_id: customerId },
        }),
      );
      counts += 1;
      return BillingManager.verdict(true);
    });
    let waiting = Array.from({ length: 60 }, (_, index) => String(6000 + index));
    // On a busy machine the last in the queue may run out of time; they are told so and nothing of them is left.
    for (let round = 0; waiting.length > 0 && round < 10; round++) {
      const replies = await Promise.all(
        waiting.map((extension) => world().caller.post('/v1/extensions', createExtension(customerId, { extension }))),
      );
      for (const reply of replies) expect([200, 503]).toContain(reply.status_code);
      const refused = waiting.filter((_, index) => replies[index]?.status_code !== 200);
      expect(refused.length).toBeLessThan(waiting.length);
      waiting = refused;
      expect(await world().bin.count('registrar_extensions', 'domain_name = ?', [customerId])).toBe(
        60 - waiting.length,
      );
    }
    expect(waiting).toEqual([]);
    expect(counts).toBe(world().billing.requestsOf(customerId).length);
  });

  it('is heard as well where it does not echo correlation ids', async () => {
    world().billing.echoesCorrelationId = false;
    try {
      extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId())));
    } finally {
      world().billing.echoesCorrelationId = true;
    }
  });

  describe('is silent', () => {
    it('503 while the caller still waits, nothing left; after five the breaker answers at once, and closes again', async () => {
      world().billing.behave(silence);
      const customerId = freshId();
      for (let failure = 0; failure < 5; failure += 1) {
        const reply = await world().caller.post('/v1/extensions', createExtension(customerId));
        expect(reply.status_code).toBe(503);
        expect(errorOf(reply).status).toBe('UNAVAILABLE');
      }
      expect(await traces(world(), customerId)).toEqual(NO_TRACES);
      expect(world().direct.directsOf(customerId)).toEqual([]);
      expect(world().events.of(customerId)).toEqual([]);

      const asked = world().billing.requests.length;
      const start = Date.now();
      const refused = await world().caller.post('/v1/extensions', createExtension(customerId));
      expect(refused.status_code).toBe(503);
      expect(Date.now() - start).toBeLessThan(1000);
      expect(world().billing.requests).toHaveLength(asked);
      const target = { target: 'bin-manager.billing-manager.request' };
      expect(await world().service.metric('registrar_manager_circuitbreaker_state', target)).toBe(1);
      expect(await world().service.metric('registrar_manager_circuitbreaker_rejected_total', target)).toBeGreaterThan(
        0,
      );
      expect(
        await world().service.metric('registrar_manager_circuitbreaker_state_transitions_total', {
          ...target,
          from: 'closed',
          to: 'open',
        }),
      ).toBe(1);

      world().billing.behaveAsUsual();
      await eventually(
        'the breaker letting creates through again',
        async () => (await world().caller.post('/v1/extensions', createExtension(customerId))).status_code === 200,
        { timeoutMs: OPEN_FOR_MS + 10_000, intervalMs: 500 },
      );
      expect(await world().service.metric('registrar_manager_circuitbreaker_state', target)).toBe(0);
    }, 90_000);
  });
});

import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { eventually } from '../support/conditions';
import { countOf, errorOf } from '../support/envelope';
import { BillingManager } from '../support/peers';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

const FLOOD = 250;
/** So many channels opened at once cost the test itself more than a caller's three seconds. */
const PATIENCE_MS = 8000;

describe('more creates than can be done', () => {
  const world = withWorld();

  it('are refused at once or done in time, and reads are answered meanwhile', async () => {
    const customerId = freshId();
    let released = false;
    world().billing.behaveFor(customerId, async () => {
      await eventually('the reads being done', () => released, { timeoutMs: 1000 }).catch(() => undefined);
      return BillingManager.verdict(true);
    });
    const flood = Array.from({ length: FLOOD }, (_, index) => {
      const data = createExtension(customerId, { extension: String(20_000 + index) });
      return world().caller.call({ method: 'POST', uri: '/v1/extensions', data }, { timeoutMs: PATIENCE_MS });
    });
    await eventually('creates waiting for billing-manager', () => world().billing.requestsOf(customerId).length > 0);
    for (let read = 0; read < 5; read += 1) {
      countOf(await world().caller.get('/v1/extensions/count_by_customer', { customer_id: customerId }));
    }
    released = true;

    const replies = await Promise.all(flood);
    const refused = replies.filter((reply) => reply.status_code === 503);
    const made = replies.filter((reply) => reply.status_code === 200);
    expect(made.length + refused.length).toBe(FLOOD);
    expect(refused.length).toBeGreaterThan(0);
    for (const reply of refused) expect(errorOf(reply).status).toBe('UNAVAILABLE');
    expect(await world().service.metric('registrar_manager_extension_create_total')).toBe(made.length);
  });
});

describe('the limits of creates', () => {
  const world = withWorld({ environment: { CREATE_CONCURRENCY: '2', CREATE_QUEUE: '3' } });

  it('hold for extensions and trunks together', async () => {
    const customerId = freshId();
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    world().billing.behaveFor(customerId, async () => {
      await released;
      return BillingManager.verdict(true);
    });
    const sent = Array.from({ length: 20 }, (_, index) =>
      index % 2
        ? world().caller.post('/v1/trunks', createTrunk(customerId))
        : world().caller.post('/v1/extensions', createExtension(customerId, { extension: String(100 + index) })),
    );
    let refused = 0;
    for (const reply of sent) void reply.then(({ status_code }) => (refused += Number(status_code === 503)));
    await eventually('15 refusals while nothing is done', () => refused === 15, { timeoutMs: 2000 });
    await eventually('the two in work', () => world().billing.requestsOf(customerId).length === 2);
    release();
    const statuses = (await Promise.all(sent)).map((reply) => reply.status_code);
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(world().billing.requestsOf(customerId)).toHaveLength(5);
  });
});

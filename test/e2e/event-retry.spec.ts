import { createExtension } from '../factories/extension.factory';
import { eventually } from '../support/conditions';
import { extensionOf } from '../support/envelope';
import { PARKED_QUEUE, SUBSCRIBE_QUEUE } from '../support/events';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

const eventOf = (customerId: string): string =>
  JSON.stringify({ type: 'customer_deleted', publisher: 'customer-manager', data: { id: customerId } });

describe('events that cannot be done now', () => {
  const world = withWorld();
  const retryCount = (value: number): Record<string, unknown> => ({ 'x-retry-count': { '!': 'int32', value } });

  /** The queue of that delay, once something waits in it. */
  const waitQueue = async (delayMs: number): Promise<string | undefined> => {
    const queue = (await world().vhost.queues()).find(({ arguments: { 'x-message-ttl': ttl } }) => ttl === delayMs);
    if (!queue?.durable) return undefined;
    return (await world().caller.queueState(queue.name)).messages > 0 ? queue.name : undefined;
  };

  it('wait in a queue of ours and are done when the cause is gone', async () => {
    const customerId = freshId();
    extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    await world().bin.refuse('UPDATE', 'registrar_extensions');
    await world().customers.announceDeleted(customerId);
    await eventually('the event waiting', () => waitQueue(5000));
    await world().bin.allow('UPDATE', 'registrar_extensions');
    await world().events.untilSeen(customerId, 'extension_deleted', 1, { timeoutMs: 20_000 });
  });

  it('carry their count as Go reads it: a signed 32-bit number', async () => {
    const customerId = freshId();
    extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    await world().bin.refuse('UPDATE', 'registrar_extensions');
    await world().customers.put(SUBSCRIBE_QUEUE, eventOf(customerId), retryCount(1));
    const waiting = await eventually('the event in the 30 s queue', () => waitQueue(30_000));
    const taken = await world().customers.take(waiting);
    await world().bin.allow('UPDATE', 'registrar_extensions');
    expect(taken?.headers['x-retry-count']).toBe(2);
    expect(JSON.parse(taken?.body ?? '')).toMatchObject({ data: { id: customerId } });
  });

  it('are parked after the fourth failure, counted, and nothing is lost', async () => {
    const customerId = freshId();
    extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    const before = await world().service.metric('rabbitmqhandler_event_dropped_total');
    await world().bin.refuse('UPDATE', 'registrar_extensions');
    await world().customers.put(SUBSCRIBE_QUEUE, eventOf(customerId), retryCount(3));
    const parked = await eventually('the event parked', () => world().customers.take(PARKED_QUEUE));
    await world().bin.allow('UPDATE', 'registrar_extensions');
    expect(JSON.parse(parked.body)).toMatchObject({ type: 'customer_deleted', data: { id: customerId } });
    const after = await eventually('the counter', async () => {
      const { text } = await world().service.get('/metrics');
      return /^[a-z_]*(parked|dropped)[a-z_]*(\{[^}]*\})? [1-9]/m.test(text);
    });
    expect(after).toBe(true);
    expect(before).toBe(0);
  });

  it('that are no JSON at all are parked, not spun', async () => {
    await world().customers.publishRaw('this is no event');
    const parked = await eventually('the bad event parked', () => world().customers.take(PARKED_QUEUE), {
      timeoutMs: 15_000,
    });
    expect(parked.body).toBe('this is no event');
    await eventually('an empty queue', async () => (await world().caller.queueState(SUBSCRIBE_QUEUE)).messages === 0);
  });
});

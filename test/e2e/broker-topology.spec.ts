import { connect } from 'amqplib';
import { REQUEST_QUEUE } from '../support/caller';
import { eventually, staysTrue } from '../support/conditions';
import { CUSTOMER_EXCHANGE, EVENT_EXCHANGE, SUBSCRIBE_QUEUE } from '../support/events';
import { withWorld } from '../support/with-world';

/** Other services declare the same names: other arguments would be a 406 for them or for us. */
describe('what the service declares', () => {
  const world = withWorld();

  it('two durable queues without arguments, consumed', async () => {
    for (const name of [REQUEST_QUEUE, SUBSCRIBE_QUEUE]) {
      expect(await world().vhost.queue(name)).toMatchObject({ durable: true, arguments: {} });
      expect((await world().caller.queueState(name)).consumers).toBe(1);
    }
  });

  it('exchanges that Go’s own declarations agree with', async () => {
    const connection = await connect(world().vhost.address);
    const channel = await connection.createChannel();
    for (const exchange of [EVENT_EXCHANGE, CUSTOMER_EXCHANGE]) {
      await channel.assertExchange(exchange, 'fanout', { durable: true, autoDelete: false, internal: false });
      expect(await world().vhost.exchange(exchange)).toMatchObject({
        type: 'fanout',
        durable: true,
        auto_delete: false,
      });
    }
    for (const queue of [REQUEST_QUEUE, SUBSCRIBE_QUEUE]) await channel.assertQueue(queue, { durable: true });
    await connection.close();
  });

  it('hears customer-manager through its own exchange', async () => {
    const bindings = await world().vhost.bindings(SUBSCRIBE_QUEUE);
    expect(bindings).toContainEqual(expect.objectContaining({ source: CUSTOMER_EXCHANGE, routing_key: '' }));
  });

  it('nothing under the name of the delay exchange, unless the broker has the plugin', async () => {
    const exchange = await world().vhost.exchange('bin-manager.delay');
    expect(exchange?.type ?? 'x-delayed-message').toBe('x-delayed-message');
  });

  it('says once and calmly that the broker has no delayed messages', async () => {
    const hasPlugin = (await world().vhost.exchange('bin-manager.delay')) !== undefined;
    const { log } = world().service;
    const calm = (): number => log.filter(({ text }) => text.includes('This broker has no delayed messages')).length;
    if (!hasPlugin) await eventually('the line', () => calm() > 0);
    await staysTrue('once', () => calm() === (hasPlugin ? 0 : 1), 500);
    const noise = log.filter(({ text }) => /no reply will be forthcoming|delay exchange/.test(text));
    expect(noise).toEqual([]);
  });
});

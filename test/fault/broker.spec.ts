import { setTimeout as pause } from 'node:timers/promises';
import { createExtension } from '../factories/extension.factory';
import { REQUEST_QUEUE } from '../support/caller';
import { eventually, fewAtOnce, staysTrue } from '../support/conditions';
import { uuidToBinary } from '../support/database';
import { extensionOf, requestText } from '../support/envelope';
import { EVENT_EXCHANGE, PARKED_QUEUE, SUBSCRIBE_QUEUE } from '../support/events';
import { BillingManager } from '../support/peers';
import type { ServiceProcess } from '../support/service';
import { freshId, World } from '../support/world';
import { sendAll, withChannel } from './support/raw-channel';

const PAGE_OF_CONTACTS = { method: 'GET', uri: '/v1/contacts', data: { extension: '1' } };

const WITHOUT_PEERS = { RESOURCE_LIMIT_CHECK: 'off', DIRECT_HASH: 'off' };

/** A create as a delayed request or a caller without a queue sends it. */
const createText = (customerId: string, extension: string): string =>
  requestText({ uri: '/v1/extensions', method: 'POST', data: createExtension(customerId, { extension }) });

describe('the broker', () => {
  let world: World;
  /** Connections of everybody but the service. */
  let others: Set<string>;

  beforeAll(async () => {
    world = await World.open({ replicas: 0, environment: { LOG_LEVEL: 'info' } });
    await eventually('the broker listing our own connections', async () => {
      others = new Set((await world.vhost.connections()).map(({ name }) => name));
      return others.size >= 5;
    });
    await world.startService();
  });
  afterAll(() => world.close());

  const ready = async (): Promise<boolean> => (await world.service.get('/health/ready')).status === 200;
  const errors = (service: ServiceProcess): number =>
    service.log.filter(({ fields }) => ['ERROR', 'CRITICAL'].includes(String(fields?.['severity']))).length;
  const created = (customerId: string): Promise<number> =>
    world.bin.count('registrar_extensions', 'customer_id = ?', [uuidToBinary(customerId)]);
  const answers = async (): Promise<boolean> => (await world.caller.call(PAGE_OF_CONTACTS)).status_code === 200;
  const queueIsEmpty = async (): Promise<boolean> => (await world.caller.queueState(REQUEST_QUEUE)).messages === 0;

  afterEach(async () => {
    expect(world.service.running).toBe(true);
    await eventually('the service being ready again', ready, { timeoutMs: 20_000 });
  });

  it('B1: a handler that throws answers once and takes the request off the queue', async () => {
    const { id } = extensionOf(await world.caller.post('/v1/extensions', createExtension(freshId())));
    // A time that nobody can read, as a table of another make could hold it.
    await world.bin.run('ALTER TABLE registrar_extensions MODIFY tm_create VARCHAR(40) NULL');
    try {
      await world.bin.run('UPDATE registrar_extensions SET tm_create = ? WHERE id = ?', ['rubbish', uuidToBinary(id)]);
      await world.redis.del(...(await world.redis.keys(`*${id}*`)));
      const reply = await world.caller.get(`/v1/extensions/${id}`);
      expect(reply.status_code).toBe(500);
      expect(reply.data_type).toBe('voipbin_error');
      expect(reply.text).not.toContain('rubbish');
      expect(await queueIsEmpty()).toBe(true);
    } finally {
      await world.bin.run('DELETE FROM registrar_extensions WHERE id = ?', [uuidToBinary(id)]);
      await world.bin.run('ALTER TABLE registrar_extensions MODIFY tm_create DATETIME(6) NULL');
    }
  });

  it('B2: a request that is not JSON is answered once; an event that is not JSON is parked', async () => {
    const reply = await world.caller.sendRaw('{"uri": nonsense');
    expect(reply.text).toBe('{"status_code":400,"data_type":""}');
    await world.customers.publishRaw('no event at all');
    const parked = await eventually('the event parked', () => world.customers.take(PARKED_QUEUE));
    expect(parked.body).toBe('no event at all');
    expect(await queueIsEmpty()).toBe(true);
  });

  it.each([REQUEST_QUEUE, SUBSCRIBE_QUEUE])('B3: %s deleted: red at once, consuming within 10 s', async (queue) => {
    const deletedAt = Date.now();
    await withChannel(world.vhost.address, (channel) => channel.deleteQueue(queue));
    await eventually('readiness being red', async () => !(await ready()), { intervalMs: 10 });
    await eventually('readiness being green', ready);
    expect(Date.now() - deletedAt).toBeLessThan(10_000);
    expect(await world.caller.queueState(queue)).toMatchObject({ consumers: 1 });
    expect(await answers()).toBe(true);
    const customerId = freshId();
    extensionOf(await world.caller.post('/v1/extensions', createExtension(customerId)));
    await world.customers.announceDeleted(customerId);
    await world.events.untilSeen(customerId, 'extension_deleted');
    expect((await world.service.get('/health/live')).status).toBe(200);
  });

  it('B5: the connection closed in the middle of a request: one effect, one answer, and the process lives', async () => {
    const customerId = freshId();
    let asked = 0;
    let isBack = false;
    world.billing.behaveFor(customerId, async () => {
      asked++;
      await eventually('the connection being closed', () => isBack, { timeoutMs: 2_000 }).catch(() => undefined);
      return BillingManager.verdict(true);
    });
    const reply = world.caller.post('/v1/extensions', createExtension(customerId)).catch(() => undefined);
    await eventually('the request being in work', () => asked === 1);
    const ours = await eventually('the connection being listed', async () => {
      const found = (await world.vhost.connections()).filter(({ name }) => !others.has(name));
      return found.length > 0 && found;
    });
    for (const { name } of ours) await world.vhost.closeConnection(name);
    isBack = true;
    await reply;
    await eventually('the service being ready again', ready, { timeoutMs: 20_000 });
    await eventually('an empty queue', queueIsEmpty);
    world.billing.behaveAsUsual();
    const rows = await created(customerId);
    expect(rows).toBeLessThanOrEqual(1);
    // Asked once more, it is made or was made; in no case twice.
    const again = await world.caller.post('/v1/extensions', createExtension(customerId));
    expect(again.status_code).toBe(rows === 1 ? 409 : 200);
    expect(await created(customerId)).toBe(1);
    await world.events.untilSeen(customerId, 'extension_created');
    expect(world.service.logText()).not.toContain('unhandled rejection');
  });

  it('B8: callers that are gone: the work is done once, without a storm', async () => {
    const customerId = freshId();
    // Peers of this process answer too late when it has no time beside the sending.
    await world.stopServices();
    await world.startService(WITHOUT_PEERS);
    const bodies = Array.from({ length: 50 }, (_, index) => createText(customerId, String(7400 + index)));
    const before = errors(world.service);
    await sendAll(world.vhost.address, REQUEST_QUEUE, bodies, { replyTo: 'amq.gen-nobody-is-there' });
    await eventually('every request being done', async () => (await created(customerId)) === 50);
    await eventually('an empty queue', queueIsEmpty);
    await world.events.untilSeen(customerId, 'extension_created', 50);
    await staysTrue('nothing is done twice', () => world.events.of(customerId).length === 50, 500);
    expect(errors(world.service)).toBe(before);
    expect(await answers()).toBe(true);
    await world.stopServices();
    await world.startService();
  });

  it('B4: a channel error (the event exchange is gone): nothing is done twice, and everything comes back', async () => {
    const customerId = freshId();
    // With it goes the binding of our listener: the outbox tells what is out.
    await withChannel(world.vhost.address, (channel) => channel.deleteExchange(EVENT_EXCHANGE));
    const numbers = Array.from({ length: 20 }, (_, index) => String(7300 + index));
    const replies = await fewAtOnce(numbers, (extension) =>
      world.caller.post('/v1/extensions', createExtension(customerId, { extension })).catch(() => undefined),
    );
    await eventually('the exchange being there again', () => world.vhost.exchange(EVENT_EXCHANGE));
    await eventually('every event being out', async () => (await world.bin.count('registrar_outbox')) === 0, {
      timeoutMs: 20_000,
    });
    await eventually('an empty queue', queueIsEmpty);
    const answered = replies.filter((reply) => reply !== undefined);
    expect(answered.filter(({ status_code: status }) => status !== 200)).toEqual([]);
    const rows = await world.bin.rows('SELECT extension FROM registrar_extensions WHERE customer_id = ?', [
      uuidToBinary(customerId),
    ]);
    const made = rows.map((row) => row['extension']);
    expect(new Set(made).size).toBe(made.length);
    expect(made).toEqual(expect.arrayContaining(answered.map((reply) => extensionOf(reply).extension)));
    expect(await answers()).toBe(true);
  });

  it('B6: shutdown while messages arrive: none taken after the signal, the rest stays in the queue', async () => {
    const customerId = freshId();
    await world.stopServices();
    const service = await world.startService(WITHOUT_PEERS);
    let sent = 0;
    const sending = withChannel(world.vhost.address, async (channel) => {
      // The service may be faster than one burst: they arrive until it has gone.
      while (service.running) {
        for (let n = 0; n < 100; n++, sent++) {
          channel.sendToQueue(REQUEST_QUEUE, Buffer.from(createText(customerId, String(80_000 + sent))));
        }
        await channel.waitForConfirms();
        await pause(50);
      }
    });
    await eventually('some being done', async () => (await created(customerId)) > 0, { intervalMs: 5 });
    service.signal('SIGTERM');
    await Promise.all([sending, service.ended()]);
    world.services.splice(0);
    const done = await created(customerId);
    const left = (await world.caller.queueState(REQUEST_QUEUE)).messages;
    expect(left).toBeGreaterThan(0);
    // What was taken and could not be had in time was answered 503; it is neither done nor in the queue.
    expect(sent - left - done).toBeGreaterThanOrEqual(0);
    await staysTrue('nothing more is done', async () => (await created(customerId)) === done, 300);
    await world.startService();
    await eventually('an empty queue', queueIsEmpty, { timeoutMs: 20_000 });
  });
});

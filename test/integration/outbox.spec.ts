import { randomUUID } from 'node:crypto';
import { connect, type Channel, type ChannelModel } from 'amqplib';
import { Cache, type CacheEntry } from '../../src/platform/cache/cache';
import { Transactions } from '../../src/platform/database/transactions';
import { Broker } from '../../src/platform/messaging/broker';
import { Outbox, type DomainEvent } from '../../src/platform/messaging/outbox/outbox';
import { OutboxRelay } from '../../src/platform/messaging/outbox/outbox.relay';
import { OutboxRepository } from '../../src/platform/messaging/outbox/outbox.repository';
import { remainingMs, RequestContext, runInContext } from '../../src/platform/observability/request-context';
import { Application } from '../support/application';
import { eventually } from '../support/conditions';
import { uuidToBinary } from '../support/database';

const EXCHANGE = 'bin-manager.registrar-manager.event';
const entry: CacheEntry = { primary: 'p', secondary: [], dropped: [], value: {}, ttlSeconds: 1 };

describe('the outbox on real servers', () => {
  let app: Application;
  let rows: OutboxRepository;
  let outbox: Outbox;
  let transactions: Transactions;
  let connection: ChannelModel;
  let channel: Channel;
  let heard: string[] = [];

  beforeAll(async () => {
    app = await Application.open({ replicas: 2 });
    rows = app.module.get(OutboxRepository);
    outbox = app.module.get(Outbox);
    transactions = app.module.get(Transactions);
    const broker = app.module.get(Broker);
    await eventually('the broker is connected and everything declared', async () => {
      if (!broker.connected) return false;
      return (await app.vhost.exchange(EXCHANGE)) !== undefined;
    });
    connection = await connect(app.vhost.address);
    channel = await connection.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, EXCHANGE, '');
    await channel.consume(queue, (message) => message && heard.push(message.content.toString()), { noAck: true });
  });
  afterAll(async () => {
    await connection.close();
    await app.close();
  });
  beforeEach(async () => {
    heard = [];
    await app.bin.run('DELETE FROM registrar_outbox');
  });

  const event = (resourceId: string, n: number): DomainEvent => ({
    type: 'extension_updated',
    resourceId,
    data: { id: resourceId, n },
    cacheKeys: [`key:${n}`],
  });
  const numbers = (): number[] => heard.map((text) => (JSON.parse(text) as { data: { n: number } }).data.n);

  /** An event as a process that died left it: written, and its lease run out. */
  async function leave(resourceId: string, n: number, more = ''): Promise<void> {
    await app.bin.run(
      `INSERT INTO registrar_outbox (resource_id, type, publisher, payload, cache_keys, tm_create, claimed_by, claimed_until)
       VALUES (?, 'extension_updated', 'registrar-manager', ?, '[]', utc_timestamp(6) ${more}, 'dead', utc_timestamp(6) - INTERVAL 1 SECOND)`,
      [uuidToBinary(resourceId), JSON.stringify({ n })],
    );
  }
  const claim = async (limit = 100): Promise<unknown[]> =>
    (await rows.claim('owner', limit, 30, true)).map(({ payload }) => (JSON.parse(payload) as { n: number }).n);

  it('sends what a transaction wrote, as the platform writes events, and forgets it', async () => {
    const resourceId = randomUUID();
    const pending = await transactions.bin((bin) => outbox.writeFirst(bin, event(resourceId, 1)));
    expect(await app.bin.count('registrar_outbox')).toBe(1);
    outbox.send(pending, await app.module.get(Cache).store(entry));
    await eventually('the event is heard', () => heard.length === 1);
    expect(heard[0]).toBe(
      `{"type":"extension_updated","publisher":"registrar-manager","data_type":"application/json","data":{"id":"${resourceId}","n":1}}`,
    );
    await outbox.flush(2_000);
    await eventually('the row is gone or waits for the cache alone', async () => {
      return (await app.bin.count('registrar_outbox', 'tm_published IS NULL')) === 0;
    });
  });

  it('writes nothing when the transaction fails', async () => {
    const failing = transactions.bin(async (bin) => {
      await outbox.writeFirst(bin, event(randomUUID(), 1));
      throw new Error('failed');
    });
    await expect(failing).rejects.toThrow('failed');
    expect(await app.bin.count('registrar_outbox')).toBe(0);
  });

  it('hands out the oldest event of each resource alone', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    await leave(one, 1);
    await leave(one, 2);
    await leave(two, 3);
    expect(await claim()).toEqual([1, 3]);
    expect(await claim()).toEqual([]);
  });

  it('hands out no later event while another replica is claiming the earlier one', async () => {
    const resourceId = randomUUID();
    await leave(resourceId, 1);
    await leave(resourceId, 2);
    await transactions.bin(async (bin) => {
      await bin.query('SELECT id FROM registrar_outbox ORDER BY id LIMIT 1 FOR UPDATE');
      expect(await claim()).toEqual([]);
    });
    expect(await claim()).toEqual([1]);
  });

  it('hands out each event once to replicas that claim at the same time', async () => {
    for (let n = 0; n < 60; n++) await leave(randomUUID(), n);
    const claimed = (await Promise.all(Array.from({ length: 6 }, () => claim(20)))).flat();
    const rest: unknown[] = [];
    for (let more = await claim(20); more.length > 0; more = await claim(20)) rest.push(...more);
    const all = [...claimed, ...rest];
    expect(new Set(all).size).toBe(60);
    expect(all).toHaveLength(60);
  });

  it('keeps to leases, and hands out again when they have run out or are given up', async () => {
    const { payload } = await transactions.bin((bin) => outbox.writeFirst(bin, event(randomUUID(), 1)));
    expect(await claim()).toEqual([]);
    await app.bin.run('UPDATE registrar_outbox SET claimed_until = utc_timestamp(6) - INTERVAL 1 SECOND');
    const [row] = await rows.claim('owner', 1, 30, true);
    expect(row?.payload).toBe(payload);
    await rows.release([row?.id ?? '']);
    expect(await claim()).toEqual([1]);
  });

  it('keeps only the keys of what is published, without its secrets', async () => {
    await transactions.bin((bin) => outbox.writeFirst(bin, event(randomUUID(), 1)));
    const id = String((await app.bin.row('SELECT id FROM registrar_outbox'))?.['id']);
    await rows.markPublished([id]);
    expect(await app.bin.row('SELECT payload, claimed_by FROM registrar_outbox')).toEqual({
      payload: '',
      claimed_by: null,
    });
    expect(await rows.claim('owner', 1, 30, false)).toEqual([]);
    const pages: string[][] = [];
    for await (const keys of rows.pendingCacheKeys()) pages.push(keys);
    expect(pages).toEqual([['key:1']]);
    expect(await rows.claim('owner', 1, 30, true)).toMatchObject([{ isPublished: true, cacheKeys: ['key:1'] }]);
  });

  it('knows its backlog, and lets go of what nobody could send in time', async () => {
    await leave(randomUUID(), 1, '- INTERVAL 3 HOUR');
    await leave(randomUUID(), 2);
    const { depth, oldestAgeSeconds } = await rows.backlog();
    expect(depth).toBe(2);
    expect(oldestAgeSeconds).toBeGreaterThan(10_799);
    expect(oldestAgeSeconds).toBeLessThan(10_900);
    expect(await rows.expire(4)).toBe(0);
    expect(await rows.expire(2)).toBe(1);
    expect(await app.bin.count('registrar_outbox')).toBe(1);
  });

  describe('with its relays', () => {
    const relays = (): OutboxRelay[] => app.replicas.map((replica) => replica.get(OutboxRelay));

    beforeAll(() => {
      for (const relay of relays()) relay.start();
    });

    it('sends what a dead process left, in order per resource, whichever replica sends it', async () => {
      const resources = Array.from({ length: 5 }, () => randomUUID());
      for (let n = 0; n < 50; n++) await leave(resources[n % 5] ?? '', n);
      await eventually('all are heard', () => heard.length >= 50, { timeoutMs: 30_000 });
      for (let resource = 0; resource < 5; resource++) {
        const own = numbers().filter((n) => n % 5 === resource);
        expect(own).toEqual([...own].sort((a, b) => a - b));
        expect(new Set(own).size).toBe(10);
      }
    });

    it('goes on after a request that has long been over woke it', async () => {
      const resourceId = randomUUID();
      await runInContext(new RequestContext('r', 1), async () => {
        await eventually('the request is over', () => remainingMs() === 0);
        for (const relay of relays()) relay.wake();
        await Promise.resolve();
      });
      await leave(resourceId, 7);
      await eventually('the event is heard', () => numbers().includes(7), { timeoutMs: 5_000 });
    });

    it('sends in order what changed while an earlier event was still waiting', async () => {
      const resourceId = randomUUID();
      await leave(resourceId, 1);
      await app.bin.run('UPDATE registrar_outbox SET claimed_until = utc_timestamp(6) + INTERVAL 1 SECOND');
      for (const n of [2, 3]) {
        const pending = await transactions.bin((bin) => outbox.write(bin, event(resourceId, n)));
        outbox.send(pending, await app.module.get(Cache).store(entry));
      }
      await eventually('all are heard', () => heard.length >= 3);
      expect(numbers()).toEqual([1, 2, 3]);
    });

    it('sends after the broker was away', async () => {
      for (const { name } of await eventually('connections are listed', async () => {
        const connections = await app.vhost.connections();
        return connections.length > 1 ? connections : undefined;
      })) {
        await app.vhost.closeConnection(name).catch(() => undefined);
      }
      // The test's own ears went, too.
      connection = await connect(app.vhost.address);
      channel = await connection.createChannel();
      const { queue } = await channel.assertQueue('', { exclusive: true });
      await channel.bindQueue(queue, EXCHANGE, '');
      await channel.consume(queue, (message) => message && heard.push(message.content.toString()), { noAck: true });
      await leave(randomUUID(), 9);
      await eventually('the event is heard', () => numbers().includes(9), { timeoutMs: 20_000 });
    });
  });
});

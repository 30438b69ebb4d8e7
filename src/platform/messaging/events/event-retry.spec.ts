import { Test } from '@nestjs/testing';
import type { ConsumeMessage } from 'amqplib';
import { eachRow } from '../../../../test/support/each-row';
import { Milestones, NoMilestones } from '../../milestones/milestones';
import { Metrics } from '../../observability/metrics/metrics';
import { Log } from '../../observability/log/logger';
import { Broker } from '../broker';
import { EventRetry } from './event-retry';

interface Published {
  readonly exchange: string;
  readonly queue: string;
  readonly body: string;
  readonly headers: Record<string, unknown>;
}

async function retryWith(broker: object): Promise<EventRetry> {
  const module = await Test.createTestingModule({
    providers: [
      EventRetry,
      Metrics,
      { provide: Milestones, useClass: NoMilestones },
      { provide: Broker, useValue: broker },
      { provide: Log, useValue: { error: () => undefined } },
    ],
  }).compile();
  return module.get(EventRetry);
}

async function setUp(): Promise<{ retry: EventRetry; published: Published[] }> {
  const published: Published[] = [];
  const broker = {
    declare: () => Promise.resolve(),
    publish: (exchange: string, queue: string, body: Buffer, headers: Record<string, unknown>) => {
      published.push({ exchange, queue, body: body.toString(), headers });
      return Promise.resolve();
    },
  };
  return { retry: await retryWith(broker), published };
}

const event = (headers?: Record<string, unknown>): ConsumeMessage =>
  ({ content: Buffer.from('body'), properties: { headers } }) as unknown as ConsumeMessage;

const int32 = (value: number): object => ({ '!': 'int32', value });

describe('an event that failed', () => {
  eachRow([
    [undefined, '5s', 1],
    [{}, '5s', 1],
    [{ 'x-retry-count': 1 }, '30s', 2],
    [{ 'x-retry-count': 2 }, '120s', 3],
    [{ 'x-retry-count': '2' }, '5s', 1],
    [{ 'x-retry-count': -1 }, '5s', 1],
    [{ 'x-retry-count': 0.5 }, '5s', 1],
    [{ 'x-retry-count': null }, '5s', 1],
  ])('waits and counts by its headers', async (headers, delay, count) => {
    const { retry, published } = await setUp();
    await retry.retryLater(event(headers));
    expect(published).toEqual([
      {
        exchange: '',
        queue: `bin-manager.registrar-manager.subscribe.wait.${delay}`,
        body: 'body',
        headers: { ...headers, 'x-retry-count': int32(count) },
      },
    ]);
  });

  it.each([3, 4, 2_147_483_647])('for the time after %d retries is parked', async (count) => {
    const { retry, published } = await setUp();
    await retry.retryLater(event({ 'x-retry-count': count }));
    expect(published[0]).toMatchObject({
      queue: 'bin-manager.registrar-manager.subscribe.parked',
      headers: { 'x-retry-count': int32(count) },
    });
  });

  it("keeps its headers but not the broker's notes of the way it took", async () => {
    const { retry, published } = await setUp();
    await retry.retryLater(
      event({ 'x-death': [{ count: 1 }], 'x-first-death-queue': 'q', 'x-last-death-reason': 'expired', trace: 'abc' }),
    );
    expect(published[0]?.headers).toEqual({ trace: 'abc', 'x-retry-count': int32(1) });
  });

  it('that the broker does not take is not given up', async () => {
    const retry = await retryWith({
      declare: () => Promise.resolve(),
      publish: () => Promise.reject(new Error('no confirm')),
    });
    await expect(retry.retryLater(event())).rejects.toThrow('no confirm');
    await expect(retry.park(event())).rejects.toThrow('no confirm');
  });
});

describe('an event whose dependency is away', () => {
  const NOW = 1_790_000_000_000;
  const int64 = (value: number): object => ({ '!': 'int64', value });

  eachRow([
    [undefined, '5s', 1, 0],
    [{ 'x-registrar-waits': 1, 'x-registrar-waiting-since': NOW - 5_000 }, '30s', 2, 5_000],
    [{ 'x-registrar-waits': 2, 'x-registrar-waiting-since': NOW - 35_000 }, '120s', 3, 35_000],
    [{ 'x-registrar-waits': 500, 'x-registrar-waiting-since': NOW - 60_000_000 }, '120s', 501, 60_000_000],
    [{ 'x-registrar-waits': 2_147_483_647 }, '120s', 2_147_483_647, 0],
    [{ 'x-registrar-waits': 'many', 'x-registrar-waiting-since': NOW + 1 }, '5s', 1, 0],
    [{ 'x-registrar-waits': -1, 'x-registrar-waiting-since': -5 }, '5s', 1, 0],
  ])('waits for an outage by its headers, and uses up none of its tries', async (headers, delay, waits, forMs) => {
    for (const retries of [0, 3]) {
      const { retry, published } = await setUp();
      await retry.waitForDependency(event({ ...headers, 'x-retry-count': retries, trace: 'abc' }), NOW);
      expect(published).toEqual([
        {
          exchange: '',
          queue: `bin-manager.registrar-manager.subscribe.wait.${delay}`,
          body: 'body',
          headers: {
            trace: 'abc',
            'x-retry-count': int32(retries),
            'x-registrar-waits': int32(waits),
            'x-registrar-waiting-since': int64(NOW - forMs),
          },
        },
      ]);
    }
  });

  it('begins its waits anew after a failure of its own', async () => {
    const { retry, published } = await setUp();
    await retry.retryLater(event({ 'x-registrar-waits': 7, 'x-registrar-waiting-since': NOW, 'x-retry-count': 1 }));
    expect(published[0]?.headers).toEqual({ 'x-retry-count': int32(2) });
  });

  it('tells how long the oldest has waited, until it is no longer seen', async () => {
    const { retry } = await setUp();
    const wait = (waits: number, since: number, now: number): Promise<void> =>
      retry.waitForDependency(event({ 'x-registrar-waits': waits, 'x-registrar-waiting-since': since }), now);
    expect(retry.oldestAgeSeconds(NOW)).toBe(0);
    await wait(2, NOW - 600_000, NOW);
    await wait(1, NOW - 5_000, NOW);
    expect(retry.oldestAgeSeconds(NOW + 60_000)).toBe(660);
    expect(retry.oldestAgeSeconds(NOW + 151_000)).toBe(0);
    await wait(1, NOW - 5_000, NOW + 152_000);
    expect(retry.oldestAgeSeconds(NOW + 155_000)).toBe(160);
  });
});

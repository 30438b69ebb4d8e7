import { Test } from '@nestjs/testing';
import type { ConsumeMessage } from 'amqplib';
import { Milestones, NoMilestones } from '../milestones/milestones';
import { Metrics } from '../observability/metrics';
import { Log } from '../observability/logger';
import { Broker } from './broker';
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
  it.each([
    [undefined, '5s', 1],
    [{}, '5s', 1],
    [{ 'x-retry-count': 1 }, '30s', 2],
    [{ 'x-retry-count': 2 }, '120s', 3],
    [{ 'x-retry-count': '2' }, '5s', 1],
    [{ 'x-retry-count': -1 }, '5s', 1],
    [{ 'x-retry-count': 0.5 }, '5s', 1],
    [{ 'x-retry-count': null }, '5s', 1],
  ])('with the headers %j waits %s and carries %d', async (headers, delay, count) => {
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

import { MessageHandlerErrorBehavior } from '@golevelup/nestjs-rabbitmq';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Config } from '../config/config';
import { acknowledge, rabbitmqOptions } from './rabbitmq.options';
import { CHANNELS, CONSUMER_TAG, CONTENT_TYPE } from './topology';

const config = { rabbitmqAddress: 'amqp://h', rpcConcurrency: 256, eventConcurrency: 10 } as unknown as Config;
const options = rabbitmqOptions(config);

describe('what the broker is asked for', () => {
  it('are two fanout exchanges, declared as every service of the platform declares them', () => {
    expect(options.exchanges).toEqual(
      ['bin-manager.registrar-manager.event', 'bin-manager.customer-manager.event'].map((name) => ({
        name,
        type: 'fanout',
        options: { durable: true, autoDelete: false, internal: false },
      })),
    );
  });

  it('are one wait queue a delay, each of which leads back to the event queue, and the parked queue', () => {
    const wait = (name: string, ttlMs: number): object => ({
      name: `bin-manager.registrar-manager.subscribe.wait.${name}`,
      options: {
        durable: true,
        arguments: {
          'x-message-ttl': ttlMs,
          'x-dead-letter-exchange': '',
          'x-dead-letter-routing-key': 'bin-manager.registrar-manager.subscribe',
        },
      },
    });
    expect(options.queues).toEqual([
      wait('5s', 5_000),
      wait('30s', 30_000),
      wait('120s', 120_000),
      { name: 'bin-manager.registrar-manager.subscribe.parked', options: { durable: true } },
    ]);
  });

  it('are channels with a prefetch of their own', () => {
    expect(options.channels).toEqual({
      [CHANNELS.publish]: { default: true, prefetchCount: 1 },
      [CHANNELS.requests]: { prefetchCount: 256 },
      [CHANNELS.events]: { prefetchCount: 10 },
    });
    expect(CONSUMER_TAG).toBe('registrar-manager');
    expect(CONTENT_TYPE).toBe('text/plain');
  });

  it('is a connection without Nagle, whose absence is not waited for', () => {
    expect(options.connectionManagerOptions?.connectionOptions).toMatchObject({ noDelay: true });
    expect(options.connectionInitOptions).toMatchObject({ wait: false });
  });
});

describe('the policy for messages', () => {
  const message = {} as ConsumeMessage;

  it('keeps bodies as bytes', () => {
    const body = Buffer.from('not json');
    expect(options.deserializer?.(body, message)).toBe(body);
  });

  it('acknowledges finished work, and survives a channel that is gone', () => {
    const ack = jest.fn();
    acknowledge({ ack } as unknown as Channel, message);
    expect(ack).toHaveBeenCalledWith(message);
    ack.mockImplementation(() => {
      throw new Error('Channel closed');
    });
    expect(() => acknowledge({ ack } as unknown as Channel, message)).not.toThrow();
    expect(options.defaultSubscribeErrorBehavior).toBe(MessageHandlerErrorBehavior.ACK);
  });
});

import { EventEmitter } from 'node:events';
import type { Channel } from 'amqplib';
import { staysTrue } from '../../../../test/support/conditions';
import { ServiceError } from '../../errors/service-error';
import { Metrics } from '../../observability/metrics/metrics';
import { RequestContext, runInContext } from '../../observability/request-context';
import type { Broker } from '../broker';
import { RpcClient, type OutboundCall } from './rpc-client';

const call: OutboundCall = { queue: 'peer', resource: 'peer/things', method: 'GET', uri: '/v1/things' };

/** A channel whose sending fails at once, as amqplib's does while the connection is closing. */
const IDLE = { beforeRebuild: () => undefined, onConnect: () => undefined };

function closingChannel(): { broker: Broker; sends: () => number } {
  let sends = 0;
  const channel = Object.assign(new EventEmitter(), {
    assertQueue: () => Promise.resolve({ queue: 'amq.gen-1' }),
    consume: () => Promise.resolve({ consumerTag: 'tag' }),
    cancel: () => Promise.resolve(),
    sendToQueue: () => {
      sends++;
      throw new Error('Connection closing');
    },
  }) as unknown as Channel;
  return {
    broker: { ...IDLE, takesMessages: true, openChannel: () => Promise.resolve(channel) } as unknown as Broker,
    sends: () => sends,
  };
}

describe('a call to a peer', () => {
  it('that cannot be sent is answered "unavailable", and leaves no rejection behind', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const client = new RpcClient(closingChannel().broker, new Metrics(), 'registrar-manager');
    const asked = runInContext(new RequestContext('r', 1_050), () => client.call(call));
    await expect(asked).rejects.toMatchObject({ status: 'UNAVAILABLE' });
    // Longer than the time-out that the failed call had armed.
    await staysTrue('nothing is left unhandled', () => unhandled.mock.calls.length === 0, 650);
    process.off('unhandledRejection', unhandled);
  });

  it('without time left is not made, and is not held against the peer', async () => {
    const { broker, sends } = closingChannel();
    const client = new RpcClient(broker, new Metrics(), 'registrar-manager');
    for (let n = 0; n < 10; n++) {
      const asked = runInContext(new RequestContext('r', 500), () => client.call(call));
      await expect(asked).rejects.toBeInstanceOf(ServiceError);
    }
    expect(sends()).toBe(0);
    await expect(client.call(call)).rejects.toMatchObject({ cause: { name: 'TransportFailure' } });
    expect(sends()).toBe(1);
  });

  it('without a broker is answered "unavailable", and can be made again later', async () => {
    let tries = 0;
    const broker = {
      ...IDLE,
      takesMessages: true,
      openChannel: () => {
        tries++;
        return Promise.reject(new ServiceError('UNAVAILABLE', 'UNAVAILABLE', 'The broker is not available.'));
      },
    } as unknown as Broker;
    const client = new RpcClient(broker, new Metrics(), 'registrar-manager');
    await expect(client.call(call)).rejects.toMatchObject({ status: 'UNAVAILABLE' });
    await expect(client.call(call)).rejects.toMatchObject({ status: 'UNAVAILABLE' });
    expect(tries).toBe(2);
  });
});

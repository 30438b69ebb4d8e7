import { connect, type Channel, type ChannelModel, type ConsumeMessage } from 'amqplib';
import { ServiceError } from '../../src/platform/errors/service-error';
import { Broker } from '../../src/platform/messaging/broker';
import { RpcClient, UpstreamStatusError, type OutboundCall } from '../../src/platform/messaging/peers/rpc-client';
import { Metrics } from '../../src/platform/observability/metrics/metrics';
import { RequestContext, runInContext } from '../../src/platform/observability/request-context';
import { Application } from '../support/application';
import { eventually } from '../support/conditions';

interface Asked {
  readonly uri: string;
  readonly method: string;
  readonly request_id?: string;
  readonly data?: { n: number };
}

describe('calls to a peer over a real broker', () => {
  let app: Application;
  let client: RpcClient;
  let connection: ChannelModel;
  let channel: Channel;
  let behave: (asked: Asked, reply: (body: unknown, correlate?: boolean) => void, message: ConsumeMessage) => void;
  const queue = 'test.peer.request';
  const call = (n = 0): OutboundCall => ({ queue, resource: 'peer', method: 'POST', uri: '/v1/things', body: { n } });
  const ask = (n: number, budgetMs = 2_500): Promise<unknown> =>
    runInContext(new RequestContext('request-1', budgetMs), () => client.call(call(n)));
  const ok = (data?: unknown): object => ({ status_code: 200, data_type: 'application/json', data });

  beforeAll(async () => {
    app = await Application.open();
    connection = await connect(app.vhost.address);
    channel = await connection.createChannel();
    await channel.assertQueue(queue, { durable: true });
    await channel.consume(
      queue,
      (message) => {
        if (!message) return;
        const { replyTo, correlationId } = message.properties as { replyTo: string; correlationId: string };
        const reply = (body: unknown, correlate = true): void => {
          const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
          channel.sendToQueue(replyTo, bytes, correlate ? { correlationId } : {});
        };
        behave(JSON.parse(message.content.toString()) as Asked, reply, message);
      },
      { noAck: true },
    );
    await eventually('the broker is connected', () => app.module.get(Broker).connected);
  });
  afterAll(async () => {
    await connection.close();
    await app.close();
  });
  beforeEach(() => {
    client = new RpcClient(app.module.get(Broker), new Metrics(), 'registrar-manager');
  });

  it('ask as the platform asks', async () => {
    let seen: [Asked, ConsumeMessage] | undefined;
    behave = (asked, reply, message) => {
      seen = [asked, message];
      reply(ok({ valid: true }));
    };
    await expect(ask(1)).resolves.toEqual({ valid: true });
    expect(seen?.[1].content.toString()).toBe(
      '{"uri":"/v1/things","method":"POST","publisher":"registrar-manager","data_type":"application/json","data":{"n":1},"request_id":"request-1"}',
    );
    expect(seen?.[1].properties).toMatchObject({
      contentType: 'text/plain',
      replyTo: expect.stringMatching(/^amq\.gen/) as string,
    });
  });

  it.each([true, false])('get each its own answer, many at once (correlated: %s)', async (correlate) => {
    const waiting: (() => void)[] = [];
    behave = (asked, reply) => {
      waiting.push(() => {
        reply(ok({ n: asked.data?.n }), correlate);
      });
      if (waiting.length === 50) for (const answer of waiting.reverse()) answer();
    };
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => ask(n)));
    expect(answers).toEqual(Array.from({ length: 50 }, (_, n) => ({ n })));
  });

  it('never get the late answer of an earlier call', async () => {
    const late: (() => void)[] = [];
    behave = (asked, reply) => {
      if (asked.data?.n === 1) {
        late.push(() => {
          reply(ok({ n: 'late' }), false);
        });
        return;
      }
      for (const answer of late) answer();
      reply(ok({ n: asked.data?.n }), false);
    };
    await expect(ask(1, 1_050)).rejects.toMatchObject({ status: 'UNAVAILABLE' });
    for (let n = 2; n < 12; n++) await expect(ask(n)).resolves.toEqual({ n });
  });

  it('give up when the request must, and leave no queue behind', async () => {
    behave = () => undefined;
    const before = new Set((await app.vhost.queues()).map(({ name }) => name));
    const startedAt = Date.now();
    await expect(ask(1, 1_100)).rejects.toBeInstanceOf(ServiceError);
    const tookMs = Date.now() - startedAt;
    expect(tookMs).toBeGreaterThanOrEqual(580);
    expect(tookMs).toBeLessThan(1_100);
    await eventually('the reply queue is gone', async () => {
      return (await app.vhost.queues()).every(({ name }) => before.has(name));
    });
  });

  it('of a peer whose queue does not exist fail at once', async () => {
    const startedAt = Date.now();
    const missing = { ...call(), queue: 'test.nobody.request' };
    const asked = (): Promise<unknown> =>
      runInContext(new RequestContext('request-1', 2_500), () => client.call(missing));
    for (let n = 0; n < 6; n++) await expect(asked()).rejects.toMatchObject({ status: 'UNAVAILABLE' });
    expect(Date.now() - startedAt).toBeLessThan(1_500);
    // The queue may be there the next moment.
    await channel.assertQueue(missing.queue, { autoDelete: true });
    await channel.consume(missing.queue, (message) =>
      channel.sendToQueue(message?.properties.replyTo as string, Buffer.from(JSON.stringify(ok('there')))),
    );
    await expect(asked()).resolves.toBe('there');
  });

  it('stop after five silences, and are answered at once then', async () => {
    let calls = 0;
    behave = () => {
      calls++;
    };
    for (let n = 0; n < 5; n++) await expect(ask(n, 1_050)).rejects.toMatchObject({ status: 'UNAVAILABLE' });
    const startedAt = Date.now();
    await expect(ask(6)).rejects.toMatchObject({ status: 'UNAVAILABLE', cause: { name: 'CircuitOpen' } });
    expect(Date.now() - startedAt).toBeLessThan(300);
    expect(calls).toBe(5);
  });

  it('are not stopped by answers that are failures', async () => {
    behave = (_, reply) => {
      reply({ status_code: 500, data_type: '' });
    };
    for (let n = 0; n < 12; n++) await expect(ask(n)).rejects.toBeInstanceOf(UpstreamStatusError);
  });

  it.each([
    [ok({ a: 1 }), { a: 1 }],
    [{ status_code: 200, data_type: '' }, undefined],
    ['{}', undefined],
    ['null', undefined],
  ])('take %j for success', async (body, data) => {
    behave = (_, reply) => {
      reply(body);
    };
    await expect(ask(1)).resolves.toEqual(data);
  });

  it.each(['', 'not json', '[]', '"x"', '1'])('take %j for no answer', async (body) => {
    behave = (_, reply) => {
      reply(body);
    };
    await expect(ask(1)).rejects.toMatchObject({ status: 'UNAVAILABLE' });
  });

  it('pass a typed error on', async () => {
    const data = { status: 'NOT_FOUND', reason: 'BILLING_ACCOUNT_NOT_FOUND', domain: 'billing-manager', message: 'm' };
    behave = (_, reply) => {
      reply({ status_code: 404, data_type: 'voipbin_error', data });
    };
    const error = (await ask(1).catch((thrown: unknown) => thrown)) as ServiceError;
    expect([error.statusCode, error.toBody()]).toEqual([404, data]);
  });

  it('go on after the connection was lost in the middle of one', async () => {
    let isAsked = false;
    behave = () => {
      isAsked = true;
    };
    const asked = ask(1).catch((error: unknown) => error);
    await eventually('the peer was asked', () => isAsked);
    behave = (_, reply) => {
      reply(ok({ back: true }));
    };
    await app.module.get(Broker).rebuild();
    await expect(asked).resolves.toMatchObject({ status: 'UNAVAILABLE' });
    const broker = app.module.get(Broker);
    await eventually('the broker is connected again', () => broker.connected, { timeoutMs: 15_000 });
    await eventually('calls are answered again', () => ask(2).catch(() => undefined), { timeoutMs: 15_000 });
  });
});

import { Inject, Injectable } from '@nestjs/common';
import type { Channel } from 'amqplib';
import { randomUUID } from 'node:crypto';
import { UpstreamError, unavailable } from '../../errors/service-error';
import { Metrics } from '../../observability/metrics/metrics';
import { currentContext, remainingMs } from '../../observability/request-context';
import { withTimeout } from '../../observability/timeout';
import { decodeJson, toPlain } from '../../wire/go-json';
import { serialize } from '../../wire/go-serialize';
import { Broker } from '../broker';
import { PUBLISHER_NAME } from '../outbox/event-publisher';
import { CONTENT_TYPE } from '../topology';
import { CallGate } from './call-gate';
import { CircuitBreaker, CircuitOpen } from './circuit-breaker';
import { NoSuchQueue, ReplyQueues } from './reply-queues';

/** How long a caller waits on this platform (contract §1.8). */
const TIMEOUT_MS = 3_000;
/** The time that a request reserves for its own database work after the last call. */
const RESERVE_MS = 500;
/**
 * With less time left the peer is not called. Such calls would time out, and five time-outs open the breaker of a
 * healthy peer; what the peer creates for a call that was given up would stay behind.
 */
const LEAST_TIMEOUT_MS = 500;

export interface OutboundCall {
  readonly queue: string;
  /** The metric's name for what is called, without ids. */
  readonly resource: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly uri: string;
  readonly body?: object;
}

interface UpstreamReply {
  readonly status_code?: unknown;
  readonly data_type?: unknown;
  readonly data?: unknown;
}

/** The peer answered with a failure that carries no typed error. */
export class UpstreamStatusError extends Error {
  override readonly name = 'UpstreamStatusError';

  constructor(
    target: string,
    readonly statusCode: number,
  ) {
    super(`${target} answered ${statusCode}`);
  }
}

/** Calls other services of the platform the way their own client library does (contract §1.8). */
@Injectable()
export class RpcClient {
  private readonly breakers = new Map<string, CircuitBreaker>();
  private lane: Promise<{ channel: Channel; queues: ReplyQueues }> | undefined;

  private readonly gate: CallGate;

  constructor(
    private readonly broker: Broker,
    private readonly metrics: Metrics,
    @Inject(PUBLISHER_NAME) private readonly publisherName: string,
  ) {
    this.gate = new CallGate(broker);
  }

  /**
   * The reply's `data`, `undefined` when it has none. Throws a typed upstream error unchanged, `UNAVAILABLE` when no
   * answer comes in time, {@link UpstreamStatusError} for a failure without a type.
   */
  async call(call: OutboundCall): Promise<unknown> {
    const startedAt = performance.now();
    const timeLeft = (): number => Math.min(TIMEOUT_MS, remainingMs() - RESERVE_MS);
    await this.gate.opened(timeLeft());
    const timeoutMs = timeLeft();
    if (timeoutMs < LEAST_TIMEOUT_MS) throw unavailable(call.queue, new Error('no time is left to ask'));
    // A broker outage must not count against the peer; a request sent during an alarm runs after its caller gave up.
    if (!this.broker.takesMessages) throw unavailable('broker');
    try {
      return interpret(
        call.queue,
        await this.breaker(call.queue).run(() => this.gate.track(() => this.exchange(call, timeoutMs))),
      );
    } catch (error) {
      if (error instanceof TransportFailure || error instanceof CircuitOpen) throw unavailable(call.queue, error);
      throw error;
    } finally {
      this.metrics.outboundRpc(call.queue, call.resource, call.method, performance.now() - startedAt);
    }
  }

  private async exchange(call: OutboundCall, timeoutMs: number): Promise<UpstreamReply> {
    try {
      // A hanging broker shows here already.
      const { channel, queues } = await withTimeout(() => this.openLane(), timeoutMs);
      const replyQueue = await withTimeout(() => queues.lend(), timeoutMs);
      const correlationId = randomUUID();
      const answer = withTimeout(() => replyQueue.next(correlationId), timeoutMs);
      // When sending fails at once, the answer is not awaited; its time-out must not count as an unhandled rejection.
      answer.catch(() => undefined);
      channel.sendToQueue(call.queue, encode(call, this.publisherName), {
        contentType: CONTENT_TYPE,
        mandatory: true,
        replyTo: replyQueue.name,
        correlationId,
      });
      const body = await answer.catch((error: unknown) => {
        void queues.discard(replyQueue);
        throw error;
      });
      queues.giveBack(replyQueue);
      return toReply(toPlain(decodeJson(body)));
    } catch (cause) {
      throw new TransportFailure(call.queue, cause);
    }
  }

  private async openLane(): Promise<{ channel: Channel; queues: ReplyQueues }> {
    this.lane ??= this.makeLane();
    try {
      return await this.lane;
    } catch (error) {
      this.lane = undefined;
      throw error;
    }
  }

  private async makeLane(): Promise<{ channel: Channel; queues: ReplyQueues }> {
    const channel = await this.broker.openChannel();
    const queues = new ReplyQueues(channel);
    channel.on('close', () => {
      this.lane = undefined;
      queues.failAll(new Error('the channel was lost'));
    });
    return { channel, queues };
  }

  private breaker(queue: string): CircuitBreaker {
    let breaker = this.breakers.get(queue);
    if (!breaker) this.breakers.set(queue, (breaker = new CircuitBreaker(queue, this.metrics, isOfPeer)));
    return breaker;
  }
}

class TransportFailure extends Error {
  override readonly name = 'TransportFailure';

  constructor(target: string, cause: unknown) {
    super(`no answer from ${target}`, { cause });
  }
}

/** A missing queue does not count: the call fails at once in any case, and the queue may exist a moment later. */
function isOfPeer(error: Error): boolean {
  return !(error.cause instanceof NoSuchQueue);
}

function encode({ uri, method, body }: OutboundCall, publisher: string): Buffer {
  const requestId = currentContext()?.requestId;
  const envelope = {
    uri,
    method,
    publisher,
    data_type: body === undefined ? '' : 'application/json',
    ...(body === undefined ? {} : { data: body }),
    ...(requestId === undefined ? {} : { request_id: requestId }),
  };
  return Buffer.from(serialize(envelope));
}

/** Contract §1.8, "Result interpretation". */
function interpret(target: string, reply: UpstreamReply): unknown {
  const status = typeof reply.status_code === 'number' ? reply.status_code : 0;
  if (status >= 400 && reply.data_type === 'voipbin_error' && isObject(reply.data)) throw new UpstreamError(reply.data);
  if (status < 300) return reply.data;
  throw new UpstreamStatusError(target, status);
}

/** As Go reads an envelope: null is an empty envelope, any other value that is not an object is an error. */
function toReply(answer: unknown): UpstreamReply {
  if (answer === null) return {};
  if (!isObject(answer)) throw new Error('the answer is not an envelope');
  return answer;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

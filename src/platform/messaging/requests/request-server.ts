import { Injectable } from '@nestjs/common';
import { AmqpConnection, Nack, type MessageHandlerOptions } from '@golevelup/nestjs-rabbitmq';
import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import type { ConsumeMessage } from 'amqplib';
import { Milestones } from '../../milestones/milestones';
import { Log } from '../../observability/log/logger';
import { Metrics } from '../../observability/metrics/metrics';
import { RequestContext, runInContext } from '../../observability/request-context';
import { acknowledge } from '../rabbitmq.options';
import { CHANNELS, CONSUMER_TAG, REQUEST_QUEUE } from '../topology';
import { Deliveries } from './deliveries';
import {
  MalformedEnvelope,
  NO_SUCH_ROUTE_REPLY,
  decodeRequest,
  encodeReply,
  successReply,
  type ReplyEnvelope,
  type RequestEnvelope,
} from './envelope';
import { errorReply } from './error-reply';
import { Replies } from './replies';
import { RouteTable, type Route } from './routes';
import { WriteOrder } from './write-order';

/** A caller gives up after 3 s, and its breaker counts a failure: a request must end earlier. */
const REQUEST_BUDGET_MS = 2_500;
const NO_ROUTE_LABEL = 'notfound';

const CONSUMER: MessageHandlerOptions = {
  queue: REQUEST_QUEUE,
  // The library's own policy acknowledges on a channel that may be closed by now, and that would end the process.
  errorHandler: acknowledge,
  queueOptions: { durable: true, channel: CHANNELS.requests, consumerOptions: { consumerTag: CONSUMER_TAG } },
};

/** Nest's transport for the request queue: a request is acknowledged after its reply is sent. */
@Injectable()
export class RequestServer extends Server implements CustomTransportStrategy {
  readonly table = new RouteTable();
  private readonly order = new WriteOrder();

  constructor(
    private readonly amqp: AmqpConnection,
    private readonly deliveries: Deliveries,
    private readonly replies: Replies,
    private readonly milestones: Milestones,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {
    super();
  }

  /** Nest has bound the handlers of every `@RpcRoute` by now. */
  listen(listening: () => void): void {
    for (const handler of this.messageHandlers.values()) this.table.add(handler.extras as Route, handler);
    const serve = (_: unknown, message?: ConsumeMessage): Promise<Nack | undefined> =>
      this.onRequest(message as ConsumeMessage);
    void this.amqp.createSubscriber(serve, CONSUMER, 'serve').then(() => listening());
  }

  /** The drain has cancelled the consumer, and the module of the broker closes the connection. */
  close(): void {}

  on(): never {
    throw new Error('the request server has no events');
  }

  unwrap(): never {
    throw new Error('the request server shares its connection with the rest of messaging: inject it');
  }

  /** Sends a reply, also for every error, and lets the library acknowledge the request on the same channel. */
  private async onRequest(message: ConsumeMessage): Promise<Nack | undefined> {
    const { channel } = this.replies;
    const answer = await this.deliveries.take(message, () => this.answer(message)).catch(this.refuse);
    if (answer instanceof Nack) return answer;
    const { replyTo, correlationId } = message.properties as { replyTo?: string; correlationId?: string };
    if (replyTo) this.replies.send(channel, { queue: replyTo, correlationId, body: answer });
    return undefined;
  }

  private readonly refuse = (error: unknown): Buffer => this.encode(errorReply(error, this.log));

  private async answer({ content, fields }: ConsumeMessage): Promise<Buffer> {
    const startedAt = performance.now();
    this.metrics.rpcStarted();
    try {
      const request = decodeRequest(content);
      const context = new RequestContext(request.requestId || undefined, REQUEST_BUDGET_MS, fields.redelivered);
      return await runInContext(context, () => this.dispatch(request, startedAt));
    } catch (error) {
      if (error instanceof MalformedEnvelope) {
        this.metrics.rpcRejected('malformed');
        this.metrics.rpcHandled(NO_ROUTE_LABEL, '', performance.now() - startedAt);
      }
      throw error;
    } finally {
      this.metrics.rpcFinished();
    }
  }

  /** Turns errors into replies inside the context of the request, so that log lines carry its id. */
  private async dispatch(request: RequestEnvelope, startedAt: number): Promise<Buffer> {
    let label = NO_ROUTE_LABEL;
    let reply: ReplyEnvelope;
    let body: Buffer;
    try {
      const match = this.table.match(request.method, request.uri);
      if (match) label = match.label;
      reply = match
        ? successReply(await this.order.run(request, () => match.invoke(request.data)))
        : NO_SUCH_ROUTE_REPLY;
      body = this.encode(reply);
      release(reply.data);
    } catch (error) {
      reply = errorReply(error, this.log);
      body = this.encode(reply);
    }
    const durationMs = performance.now() - startedAt;
    this.metrics.rpcHandled(label, request.method, durationMs);
    this.log.debug('Answered a request', { route: label, status_code: reply.status_code, duration_ms: durationMs });
    await this.milestones.reached('rpc:before-reply');
    return body;
  }

  private encode(reply: ReplyEnvelope): Buffer {
    if (reply.status_code === 500) this.metrics.internalError();
    return encodeReply(reply);
  }
}

/** Empties a list that was sent: the promises of its request would keep it (see convertEach). */
function release(data: unknown): void {
  if (Array.isArray(data)) data.length = 0;
}

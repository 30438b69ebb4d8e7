import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { unavailable } from '../../errors/service-error';
import { Log } from '../../observability/log/logger';
import { Metrics } from '../../observability/metrics/metrics';
import { RequestContext, remainingMs, runInContext } from '../../observability/request-context';
import {
  MALFORMED_REPLY,
  MalformedEnvelope,
  NO_SUCH_ROUTE_REPLY,
  decodeRequest,
  successReply,
  type ReplyEnvelope,
  type RequestEnvelope,
} from './envelope';
import { ErrorReply, ErrorReplyFilter } from './error-reply.filter';
import { RpcRouter, type MatchedRoute } from './rpc-router';
import { WriteOrder, changedResource } from './write-order';

/** A caller's breaker counts an answer later than 3 s as none; what we do inside fits in less (design §3). */
export const REQUEST_BUDGET_MS = 2_500;

const NO_ROUTE_LABEL = 'notfound';

/** From the bytes of a request to its reply. Never throws: every request gets an answer. */
@Injectable()
export class RpcDispatcher {
  private readonly order = new WriteOrder();

  constructor(
    private readonly router: RpcRouter,
    private readonly errors: ErrorReplyFilter,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** True for what changes nothing, so that running it twice is harmless. */
  isRead(body: Buffer): boolean {
    try {
      return decodeRequest(body).method === 'GET';
    } catch {
      return true;
    }
  }

  async dispatch(body: Buffer, isRedelivered = false): Promise<ReplyEnvelope> {
    this.metrics.rpcStarted();
    try {
      return await this.reply(body, isRedelivered);
    } finally {
      this.metrics.rpcFinished();
    }
  }

  private async reply(body: Buffer, isRedelivered: boolean): Promise<ReplyEnvelope> {
    const startedAt = performance.now();
    let request: RequestEnvelope;
    try {
      request = decodeRequest(body);
    } catch (error) {
      if (!(error instanceof MalformedEnvelope)) return this.errors.reply(error);
      this.log.warning('Refused a malformed request', { reason: error.message });
      this.metrics.rpcRejected('malformed');
      this.metrics.rpcHandled(NO_ROUTE_LABEL, '', performance.now() - startedAt);
      return MALFORMED_REPLY;
    }
    const context = new RequestContext(request.requestId || randomUUID(), REQUEST_BUDGET_MS, isRedelivered);
    return runInContext(context, () => this.answer(request, startedAt));
  }

  private async answer(request: RequestEnvelope, startedAt: number): Promise<ReplyEnvelope> {
    let label = NO_ROUTE_LABEL;
    let reply: ReplyEnvelope;
    try {
      const route = this.router.match(request.method, request.uri);
      if (route) label = route.definition.template.replace('...>', '>');
      reply = route ? await this.invokeInOrder(route, request) : NO_SUCH_ROUTE_REPLY;
    } catch (error) {
      reply = this.errors.reply(error);
    }
    const durationMs = performance.now() - startedAt;
    this.metrics.rpcHandled(label, request.method, durationMs);
    this.log.debug('Answered a request', { route: label, status_code: reply.status_code, duration_ms: durationMs });
    return reply;
  }

  private invokeInOrder(route: MatchedRoute, request: RequestEnvelope): Promise<ReplyEnvelope> {
    const resource = changedResource(request.method, request.uri);
    if (resource === undefined) return this.invoke(route, request);
    return this.order.run(resource, () => {
      if (remainingMs() <= 0) throw unavailable('the resource', new Error('an earlier change took all the time'));
      return this.invoke(route, request);
    });
  }

  private async invoke(route: MatchedRoute, request: RequestEnvelope): Promise<ReplyEnvelope> {
    const result = await route.invoke(request.data);
    return result instanceof ErrorReply ? result.envelope : successReply(result);
  }
}

import { Catch, type ArgumentsHost, type RpcExceptionFilter } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { randomUUID } from 'node:crypto';
import { ServiceError, internal, toErrorReply } from '../../errors/service-error';
import { Log } from '../../observability/log/logger';
import { encodeReply, type ReplyEnvelope } from './envelope';
import { RPC_CONTEXT } from './rpc-context';

/** A reply made from an error, told apart from what a handler returns as data. */
export class ErrorReply {
  constructor(readonly envelope: ReplyEnvelope) {}
}

/**
 * The one place where errors become replies. What a caller caused is told to the caller alone; what is ours is logged
 * under an id that the caller gets instead of internals. HTTP errors (health checks) stay Nest's matter. What fails outside
 * a route's handler goes onto the wire as the library finds it, so it is bytes already.
 */
@Catch()
export class ErrorReplyFilter extends BaseExceptionFilter implements RpcExceptionFilter {
  constructor(private readonly log: Log) {
    super();
  }

  override catch(error: unknown, host: ArgumentsHost): never {
    if (host.getType() === 'http') {
      super.catch(error, host);
      return undefined as never;
    }
    const reply = this.reply(error);
    return (host.getType<string>() === RPC_CONTEXT ? new ErrorReply(reply) : encodeReply(reply)) as never;
  }

  reply(error: unknown): ReplyEnvelope {
    if (error instanceof ServiceError) {
      if (error.status === 'UNAVAILABLE') this.log.warning('A dependency is unavailable', { error });
      return toErrorReply(error);
    }
    const errorId = randomUUID();
    this.log.error('A request failed', { error, error_id: errorId });
    return toErrorReply(internal(errorId));
  }
}

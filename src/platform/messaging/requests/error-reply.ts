import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { ServiceError, internal, toErrorReply } from '../../errors/service-error';
import type { Log } from '../../observability/log/logger';
import { MALFORMED_REPLY, MalformedEnvelope, type ReplyEnvelope } from './envelope';

/** The request server answers errors; Nest's own filter would turn them into something else first. */
@Catch()
export class ErrorsAsTheyAre implements RpcExceptionFilter {
  catch(error: unknown): never {
    throw error;
  }
}

/**
 * The one place where errors become replies. What a caller caused is told to the caller alone; what is ours is logged
 * under an id that the caller gets instead of internals.
 */
export function errorReply(error: unknown, log: Log): ReplyEnvelope {
  if (error instanceof MalformedEnvelope) {
    log.warning('Refused a malformed request', { reason: error.message });
    return MALFORMED_REPLY;
  }
  if (error instanceof ServiceError) {
    if (error.status === 'UNAVAILABLE') log.warning('A dependency is unavailable', { error });
    return toErrorReply(error);
  }
  const errorId = randomUUID();
  log.error('A request failed', { error, error_id: errorId });
  return toErrorReply(internal(errorId));
}

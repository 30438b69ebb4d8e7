import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { ServiceError, internal, toErrorReply } from '../../errors/service-error';
import type { Log } from '../../observability/log/logger';
import { MALFORMED_REPLY, MalformedEnvelope, type ReplyEnvelope } from './envelope';

/** Passes errors on unchanged to the request server, which answers them; Nest's own filter would convert them. */
@Catch()
export class ErrorsAsTheyAre implements RpcExceptionFilter {
  catch(error: unknown): never {
    throw error;
  }
}

/**
 * The one place where errors become replies. A typed error goes into the reply. An internal error is logged under an
 * id, and the reply has only the id.
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

import { randomUUID } from 'node:crypto';
import { internal, ServiceError } from './service-error';

/** A `voipbin_error` reply as it goes onto the wire. */
export interface ErrorReply {
  readonly status_code: number;
  readonly data_type: 'voipbin_error';
  readonly data: object;
}

/** `errorId` is what the log names an unexpected error by; the reply carries nothing else of it. */
export function toErrorReply(error: unknown, errorId: string = randomUUID()): ErrorReply {
  const known = error instanceof ServiceError ? error : internal(errorId);
  return { status_code: known.statusCode, data_type: 'voipbin_error', data: known.toBody() };
}

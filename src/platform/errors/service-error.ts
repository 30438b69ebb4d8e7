import { RpcException } from '@nestjs/microservices';

/** The platform's statuses, with their codes. */
export const STATUS_CODE = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  PAYMENT_REQUIRED: 402,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  FAILED_PRECONDITION: 409,
  RESOURCE_EXHAUSTED: 429,
  UNAVAILABLE: 503,
  INTERNAL: 500,
} as const;

export type Status = keyof typeof STATUS_CODE;

type ErrorDetail = Readonly<Record<string, unknown>>;

interface ServiceErrorOptions {
  readonly details?: readonly ErrorDetail[];
  readonly cause?: unknown;
  readonly domain?: string;
}

const OUR_DOMAIN = 'registrar-manager';

/** An error for the caller: its body is sent, so the body must hold no secret. */
export class ServiceError extends RpcException {
  override readonly name: string = 'ServiceError';
  readonly domain: string;
  readonly details: readonly ErrorDetail[];

  constructor(
    readonly status: Status,
    readonly reason: string,
    message: string,
    options: ServiceErrorOptions = {},
  ) {
    super(message);
    this.domain = options.domain ?? OUR_DOMAIN;
    this.details = options.details ?? [];
    if (options.cause !== undefined) this.cause = options.cause;
  }

  get statusCode(): number {
    return STATUS_CODE[this.status];
  }

  /** The body of a `voipbin_error` reply; the order of the keys is the wire's. */
  toBody(): object {
    return {
      status: this.status,
      reason: this.reason,
      domain: this.domain,
      message: this.message,
      ...(this.details.length > 0 && { details: this.details }),
    };
  }
}

/** A typed error of another service, passed to the caller unchanged. */
export class UpstreamError extends ServiceError {
  override readonly name = 'UpstreamError';

  constructor(private readonly body: Readonly<Record<string, unknown>>) {
    super(statusOf(body['status']), textOf(body['reason']), textOf(body['message']), {
      domain: textOf(body['domain']),
    });
  }

  override toBody(): object {
    return this.body;
  }
}

/** An unknown status is answered 500. */
function statusOf(status: unknown): Status {
  return typeof status === 'string' && Object.hasOwn(STATUS_CODE, status) ? (status as Status) : 'INTERNAL';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A field that breaks a rule: its name and the rule, never its value. */
export interface FieldViolation {
  readonly field: string;
  readonly rule: string;
}

export function invalidArgument(
  violations: readonly FieldViolation[],
  message = 'The request is invalid.',
  reason = 'INVALID_ARGUMENT',
): ServiceError {
  return new ServiceError('INVALID_ARGUMENT', reason, message, {
    details: violations.map(({ field, rule }) => ({ field, rule })),
  });
}

/** `what` names the dependency for a reader: "database", "billing-manager". */
export function unavailable(what: string, cause?: unknown, reason = 'UNAVAILABLE'): ServiceError {
  return new ServiceError('UNAVAILABLE', reason, `The ${what} is not available.`, { cause });
}

/** The caller gets the id under which the log has the details. */
export function internal(errorId: string, cause?: unknown): ServiceError {
  return new ServiceError('INTERNAL', 'INTERNAL_ERROR', 'An internal error occurred.', {
    details: [{ error_id: errorId }],
    cause,
  });
}

/** A `voipbin_error` reply. */
export function toErrorReply(error: ServiceError) {
  return { status_code: error.statusCode, data_type: 'voipbin_error', data: error.toBody() };
}

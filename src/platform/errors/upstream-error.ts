import { ServiceError } from './service-error';
import { codeOfStatus, STATUS_CODE, type Status } from './status';

export type UpstreamErrorBody = Readonly<Record<string, unknown>>;

/** A typed error of another service, on its way to our caller exactly as it came. */
export class UpstreamError extends ServiceError {
  override readonly name = 'UpstreamError';

  constructor(private readonly body: UpstreamErrorBody) {
    super(statusOf(body['status']), textOf(body['reason']), textOf(body['message']), {
      domain: textOf(body['domain']),
    });
  }

  override get statusCode(): number {
    return codeOfStatus(this.body['status']);
  }

  override toBody(): object {
    return this.body;
  }
}

function statusOf(status: unknown): Status {
  return typeof status === 'string' && Object.hasOwn(STATUS_CODE, status) ? (status as Status) : 'INTERNAL';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

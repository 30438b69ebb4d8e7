/** What can go wrong, as the platform's callers know it. */
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

/** The code of a status as another service wrote it; one we do not know is a 500. */
export function codeOfStatus(status: unknown): number {
  return typeof status === 'string' && Object.hasOwn(STATUS_CODE, status) ? STATUS_CODE[status as Status] : 500;
}

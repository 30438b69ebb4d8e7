/** The work did not end in time. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';

  constructor(timeoutMs: number) {
    super(`no answer within ${Math.round(timeoutMs)} ms`);
  }
}

/**
 * Waits for `work` at most `timeoutMs`, or until the signal. The work itself goes on, and its later result is ignored.
 */
export async function withTimeout<T>(work: () => Promise<T>, timeoutMs: number, signal?: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let giveUp = (): void => undefined;
  const startedAt = performance.now();
  const limit = new Promise<never>((_, reject) => {
    giveUp = () => reject(new TimeoutError(Math.round(performance.now() - startedAt)));
    timer = setTimeout(() => reject(new TimeoutError(timeoutMs)), timeoutMs);
    signal?.addEventListener('abort', giveUp);
    if (signal?.aborted === true) giveUp();
  });
  limit.catch(() => undefined);
  try {
    return await Promise.race([work(), limit]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

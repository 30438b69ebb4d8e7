import { TimeoutError, withTimeout } from './timeout';

const never = (): Promise<never> => new Promise(() => undefined);

describe('withTimeout', () => {
  it('gives the result, and the error, of the work', async () => {
    await expect(withTimeout(() => Promise.resolve(1), 1_000)).resolves.toBe(1);
    await expect(withTimeout(() => Promise.reject(new Error('x')), 1_000)).rejects.toThrow('x');
  });

  it('ends after the time', async () => {
    await expect(withTimeout(never, 5)).rejects.toThrow(new TimeoutError(5));
  });

  it('ends with the signal, also with one that was given before', async () => {
    const end = new AbortController();
    const waiting = withTimeout(never, 60_000, end.signal);
    end.abort();
    await expect(waiting).rejects.toBeInstanceOf(TimeoutError);
    await expect(withTimeout(never, 60_000, end.signal)).rejects.toBeInstanceOf(TimeoutError);
  });

  it('passes on what the work throws at once, though the signal was given', async () => {
    const broken = (): Promise<never> => {
      throw new Error('broken');
    };
    await expect(withTimeout(broken, 60_000, AbortSignal.abort())).rejects.toThrow('broken');
  });
});

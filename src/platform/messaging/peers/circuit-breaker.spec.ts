import { Metrics } from '../../observability/metrics/metrics';
import { CircuitBreaker, CircuitOpen } from './circuit-breaker';

const fail = (): Promise<never> => Promise.reject(new Error('silence'));
const succeed = (): Promise<string> => Promise.resolve('answer');

describe('the breaker of a peer', () => {
  let breaker: CircuitBreaker;
  let metrics: Metrics;

  beforeEach(() => {
    jest.useFakeTimers();
    metrics = new Metrics();
    breaker = new CircuitBreaker('peer', metrics);
  });
  afterEach(() => jest.useRealTimers());

  async function failTimes(times: number): Promise<void> {
    for (let n = 0; n < times; n++) await expect(breaker.run(fail)).rejects.toThrow('silence');
  }

  it('opens after five failures in a row and not before', async () => {
    await failTimes(4);
    await expect(breaker.run(succeed)).resolves.toBe('answer');
    await failTimes(5);
    const call = jest.fn(succeed);
    await expect(breaker.run(call)).rejects.toBeInstanceOf(CircuitOpen);
    expect(call).not.toHaveBeenCalled();
    expect(await metrics.render()).toMatch(/breaker_rejected\w*\{[^}]*target="peer"[^}]*\} 1/);
  });

  it('stays open for 30 s', async () => {
    await failTimes(5);
    jest.advanceTimersByTime(29_999);
    await expect(breaker.run(succeed)).rejects.toBeInstanceOf(CircuitOpen);
    jest.advanceTimersByTime(1);
    await expect(breaker.run(succeed)).resolves.toBe('answer');
    await expect(breaker.run(succeed)).resolves.toBe('answer');
  });

  it('sends a single probe then, and rejects everybody else until it is back', async () => {
    await failTimes(5);
    jest.advanceTimersByTime(30_000);
    let answer: (text: string) => void = () => undefined;
    const probe = breaker.run(() => new Promise<string>((resolve) => (answer = resolve)));
    const others = Array.from({ length: 10 }, () => breaker.run(succeed));
    for (const other of others) await expect(other).rejects.toBeInstanceOf(CircuitOpen);
    answer('probe');
    await expect(probe).resolves.toBe('probe');
    await expect(breaker.run(succeed)).resolves.toBe('answer');
  });

  it('opens for another 30 s when the probe fails', async () => {
    await failTimes(5);
    jest.advanceTimersByTime(30_000);
    await failTimes(1);
    jest.advanceTimersByTime(29_999);
    await expect(breaker.run(succeed)).rejects.toBeInstanceOf(CircuitOpen);
    jest.advanceTimersByTime(1);
    await expect(breaker.run(succeed)).resolves.toBe('answer');
  });

  it('closes with a clean slate', async () => {
    await failTimes(5);
    jest.advanceTimersByTime(30_000);
    await breaker.run(succeed);
    await failTimes(4);
    await expect(breaker.run(succeed)).resolves.toBe('answer');
  });
});

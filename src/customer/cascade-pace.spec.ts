import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { WorkInProgress } from '../platform/messaging/work-in-progress';
import { CascadePace } from './cascade-pace';

describe('the pace of cascades', () => {
  /** The time from the end of a deletion to the start of the next. */
  const restAfter = async (deletionMs: number, requestsMeanwhile: number): Promise<number> => {
    const work = new WorkInProgress();
    const pace = new CascadePace(1, work);
    let endedAt = 0;
    const first = pace.run(async () => {
      await pause(deletionMs);
      for (let n = 0; n < requestsMeanwhile; n++) await work.trackRequest(() => Promise.resolve());
      endedAt = performance.now();
    });
    const second = pace.run(() => Promise.resolve(performance.now() - endedAt));
    await first;
    return second;
  };

  it('is one deletion after another while nobody asks', async () => {
    expect(await restAfter(200, 0)).toBeLessThan(200);
  });

  it('leaves requests three times as long as a deletion takes', async () => {
    expect(await restAfter(50, 1)).toBeGreaterThan(145);
  });

  it('rests after a long deletion no longer than after others', async () => {
    const rest = await restAfter(700, 1);
    expect(rest).toBeGreaterThan(295);
    expect(rest).toBeLessThan(1_000);
  });

  it('bounds the deletions of all cascades together, and a failed one frees its place', async () => {
    const pace = new CascadePace(3, new WorkInProgress());
    let atOnce = 0;
    let mostAtOnce = 0;
    const deletion = async (n: number): Promise<void> => {
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      await turn();
      atOnce--;
      if (n % 2 === 0) throw new Error('could not');
    };
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => pace.run(() => deletion(n))));
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(10);
    expect(mostAtOnce).toBe(3);
  });
});

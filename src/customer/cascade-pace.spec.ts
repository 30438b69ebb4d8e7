import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { CascadePace } from './cascade-pace';

/** Keeps the process busy for this time; other work gets its turns. */
async function toil(forMs: number): Promise<void> {
  const end = performance.now() + forMs;
  while (performance.now() < end) await turn();
}

describe('the pace of cascades', () => {
  /** The time from the end of a deletion to the start of the next. */
  const restAfter = async (pace: CascadePace, deletionMs: number): Promise<number> => {
    let endedAt = 0;
    const first = pace.run(async () => {
      await pause(deletionMs);
      endedAt = performance.now();
    });
    const second = pace.run(() => Promise.resolve(performance.now() - endedAt));
    await first;
    return second;
  };

  it('is one deletion after another in an idle process', async () => {
    expect(await restAfter(new CascadePace(1), 200)).toBeLessThan(200);
  });

  it('leaves requests more time than deletions in a busy process, and deletes all the same', async () => {
    const [rest] = await Promise.all([restAfter(new CascadePace(1), 100), toil(600)]);
    expect(rest).toBeGreaterThan(150);
  });

  it('rests after a long deletion for no more than a second', async () => {
    const [rest] = await Promise.all([restAfter(new CascadePace(1), 1_500), toil(3_500)]);
    expect(rest).toBeGreaterThan(900);
    expect(rest).toBeLessThan(1_500);
  });

  it('bounds the deletions of all cascades together, and a failed one frees its place', async () => {
    const pace = new CascadePace(3);
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

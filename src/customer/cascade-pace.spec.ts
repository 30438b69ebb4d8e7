import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { CascadePace } from './cascade-pace';

/** Keeps the process busy for this time; other work gets its turns. */
async function toil(forMs: number): Promise<void> {
  const end = performance.now() + forMs;
  while (performance.now() < end) await turn();
}

describe('the pace of cascades', () => {
  it('starts a deletion at once in an idle process', async () => {
    const pace = new CascadePace();
    await pause(300);
    let isStarted = false;
    const deletion = pace.run(() => Promise.resolve((isStarted = true)));
    await turn();
    expect(isStarted).toBe(true);
    await deletion;
  });

  it('rests in a busy process, and deletes all the same', async () => {
    const pace = new CascadePace();
    await toil(50);
    let isStarted = false;
    const deletion = pace.run(() => Promise.resolve((isStarted = true)));
    await turn();
    expect(isStarted).toBe(false);
    await Promise.all([toil(300), deletion.then(() => expect(isStarted).toBe(true))]);
  });

  it('bounds the deletions of all cascades together, and a failed one frees its place', async () => {
    const pace = new CascadePace();
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

import { WorkInProgress } from './work-in-progress';

interface Task {
  readonly promise: Promise<void>;
  end(): void;
  fail(): void;
}

function task(): Task {
  let end: () => void = () => undefined;
  let fail: () => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = () => {
      reject(new Error('failed'));
    };
  });
  return { promise, end, fail };
}

describe('work in progress', () => {
  it('counts what runs, and forgets what ended well or badly', async () => {
    const work = new WorkInProgress();
    const [good, bad] = [task(), task()];
    const first = work.track(() => good.promise);
    const second = work.track(() => bad.promise);
    expect(work.count).toBe(2);
    good.end();
    await first;
    expect(work.count).toBe(1);
    bad.fail();
    await expect(second).rejects.toThrow('failed');
    expect(work.count).toBe(0);
  });

  it('settles when the last is done, also with work that came while it waited', async () => {
    const work = new WorkInProgress();
    const [early, late] = [task(), task()];
    void work.track(() => early.promise);
    const settled = work.settle(10_000);
    void work.track(() => late.promise);
    early.end();
    late.end();
    await expect(settled).resolves.toBe(true);
  });

  it('gives up in time', async () => {
    const work = new WorkInProgress();
    void work.track(() => task().promise);
    const startedAt = Date.now();
    await expect(work.settle(30)).resolves.toBe(false);
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    expect(work.count).toBe(1);
  });

  it('settles at once when there is nothing', async () => {
    await expect(new WorkInProgress().settle(0)).resolves.toBe(true);
  });

  it('drains from the first moment on', () => {
    const work = new WorkInProgress();
    expect(work.isDraining).toBe(false);
    work.startDraining();
    expect(work.isDraining).toBe(true);
  });
});

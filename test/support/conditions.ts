import { setTimeout as pause } from 'node:timers/promises';

export interface Patience {
  readonly timeoutMs?: number;
  /** By default it grows, so that a long wait takes little from what it waits for. */
  readonly intervalMs?: number;
}

const FIRST_INTERVAL_MS = 10;
const LONGEST_INTERVAL_MS = 100;
const GROWTH = 1.3;

/** Repeats the probe until it returns a value. After the timeout, throws an error with the last answer or error. */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  { timeoutMs = 10_000, intervalMs }: Patience = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let growing = FIRST_INTERVAL_MS;
  let last: unknown;
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      const seen = last instanceof Error ? last.message : String(last);
      throw new Error(`still waiting for: ${what} after ${timeoutMs} ms (last seen: ${seen})`);
    }
    await pause(intervalMs ?? growing);
    growing = Math.min(growing * GROWTH, LONGEST_INTERVAL_MS);
  }
}

/** Throws when the probe becomes false within the time; shows that something does not happen. */
export async function staysTrue(what: string, probe: () => boolean | Promise<boolean>, forMs: number): Promise<void> {
  const until = Date.now() + forMs;
  while (Date.now() < until) {
    if (!(await probe())) throw new Error(`no longer true: ${what}`);
    await pause(25);
  }
}

/** Does the work for each item, a few at a time, so that no request waits in a queue until its deadline. */
export async function fewAtOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>, atOnce = 8): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const next = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  return results;
}

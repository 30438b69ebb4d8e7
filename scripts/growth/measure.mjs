// Measures each request at one caller, in turns on both installations, so that the machine's moods meet both.
import { median } from '../bench/statistics.cjs';
import { operationsOn } from './operations.mjs';

const WARM_UP = 20;
const flat = (groups) =>
  Object.entries(groups).flatMap(([kind, operations]) =>
    Object.entries(operations).map(([name, operation]) => ({ name: `${kind}: ${name}`, ...operation })),
  );

async function timed(send, n) {
  const startedAt = performance.now();
  await send(n);
  return performance.now() - startedAt;
}

/** Sends the same request to both, one after the other. Which is first alternates. */
async function round(pair, times, { from, count }) {
  for (let n = from; n < from + count; n++) {
    const order = n % 2 === 0 ? [0, 1] : [1, 0];
    for (const at of order) times[at].push(await timed(pair[at].send, n));
  }
}

/** A row for each operation: the medians of both, in milliseconds, and their ratio. */
export async function measure(installations, { rounds, requests, say }) {
  const sides = [];
  for (const one of installations) sides.push(flat(await operationsOn(one, rounds * requests + WARM_UP)));
  const rows = sides[0].map(({ name }) => ({ name, times: [[], []] }));
  for (let at = -1; at < rounds; at++) {
    for (const [index, { times }] of rows.entries()) {
      const pair = sides.map((side) => side[index]);
      const [{ warm, isOnce }] = pair;
      const isCounted = at >= 0;
      // The round before the first warms up.
      const range = { from: isCounted ? at * requests : rounds * requests, count: isCounted ? requests : WARM_UP };
      if (warm) await round(pair, [[], []], range);
      else if (!isOnce) for (const { redis } of installations) await redis.flushdb();
      await round(pair, isCounted ? times : [[], []], range);
    }
    say(at < 0 ? 'warmed up' : `round ${at + 1} of ${rounds}`);
  }
  return rows.map(({ name, times: [small, large] }) => {
    const [p50Small, p50Large] = [median(small), median(large)];
    return { name, p50Small, p50Large, ratio: p50Large / p50Small, requests: small.length };
  });
}

// Callers that read while something else goes on, and how much of their rate is left.
import { setTimeout as pause } from 'node:timers/promises';
import { bigCustomer, sampleOf } from './sample.mjs';

const RECORDS = 300;
const CALLERS = [1, 20];
const WINDOW_MS = 10_000;
/** A read may fail at once; a caller that tries again at once would leave no time to anything else. */
const AFTER_FAILURE_MS = 20;

/** Most reads are of one extension or its contacts; one of ten is a list. */
export async function readsOn({ caller, sql, databases }) {
  const sample = await sampleOf(
    sql,
    `${databases.bin}.registrar_extensions`,
    'extension',
    await bigCustomer(sql),
    RECORDS,
  );
  const get = (uri, data) => caller.call('GET', uri, data);
  return (n) => {
    const { id, customer: customer_id, extension } = sample[n % sample.length];
    if (n % 10 === 9) return get('/v1/extensions?page_token=&page_size=100', { customer_id, deleted: false });
    if (n % 3 === 0) return get('/v1/contacts', { customer_id, extension });
    return get(`/v1/extensions/${id}`);
  };
}

async function window(read, callers, isOver = () => false) {
  const startedAt = performance.now();
  const end = startedAt + WINDOW_MS;
  let [requests, failures] = [0, 0];
  const call = async () => {
    while (performance.now() < end && !isOver())
      await read(requests++).catch(() => {
        failures++;
        return pause(AFTER_FAILURE_MS);
      });
  };
  await Promise.all(Array.from({ length: callers }, call));
  return { seconds: (performance.now() - startedAt) / 1_000, requests, failures };
}

/** Windows in turns; an array of windows for each number of callers. */
export async function windows(read, turns, isOver = () => false) {
  const done = CALLERS.map(() => []);
  for (let turn = 0; turn < turns && !isOver(); turn++)
    for (const [at, callers] of turn % 2 === 0 ? [...CALLERS.entries()] : [...CALLERS.entries()].toReversed())
      if (!isOver()) done[at].push(await window(read, callers, isOver));
  return done;
}

const total = (parts, amount) => parts.reduce((sum, part) => sum + amount(part), 0);
const rate = (parts) =>
  total(parts, ({ requests, failures }) => requests - failures) / total(parts, ({ seconds }) => seconds);

export const failuresOf = (parts) => total(parts.flat(), ({ failures }) => failures);

/**
 * For each number of callers the rates alone and beside the other work, in requests a second. Both are arrays of what
 * `windows` returned, from turns.
 */
export const shares = ({ alone, beside }) =>
  CALLERS.map((callers, at) => {
    const of = (turns) => turns.flatMap((parts) => parts[at]);
    const failures = failuresOf(of(beside));
    const [before, during] = [rate(of(alone)), rate(of(beside))];
    return { callers, alone: before, beside: during, share: during / before, failures };
  });

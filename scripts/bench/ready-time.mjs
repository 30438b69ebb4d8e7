// How long a service needs from its start until it is ready, with a current schema.
import { setTimeout as sleep } from 'node:timers/promises';
import { Replica } from '../soak/service.mjs';

const POLL_MS = 10;
const LIMIT_MS = 60_000;

async function startOnce(folder, environment, logFile) {
  const replica = new Replica(folder, environment, logFile);
  const startedAt = performance.now();
  await replica.start();
  try {
    while (!(await replica.isReady())) {
      if (performance.now() - startedAt > LIMIT_MS) throw new Error('the service did not become ready');
      await sleep(POLL_MS);
    }
    return (performance.now() - startedAt) / 1_000;
  } finally {
    await replica.end('SIGTERM');
  }
}

export async function secondsToReady(rounds, ...service) {
  const seconds = [];
  for (let round = 0; round < rounds; round++) seconds.push(await startOnce(...service));
  return seconds;
}

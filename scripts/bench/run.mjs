// One run: starts the service, its floors and the load generator, and measures them in turn.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../setup.mjs';
import { Build, environmentOn } from './builds.mjs';
import { Child } from './child.mjs';
import { insertContacts } from './contacts.mjs';
import { limitCores } from './cores.mjs';
import { commit, machineFacts } from './facts.mjs';
import { startFloors } from './floors.mjs';
import { Measurement } from './measurement.mjs';
import { closedPhase, goPhase, openPhase, replicasPhase, warmUp } from './phases.mjs';
import { secondsToReady } from './ready-time.mjs';
import { recordStatements } from './recording.mjs';
import { resultOf } from './results.cjs';

const dist = join(root, 'dist');

async function prepare(status, logFile, say, open) {
  say('Recording the statements of each change …');
  const { statements, trips } = await recordStatements(status);
  const service = new Build('service', dist);
  open.push(() => service.stop());
  await service.start(status, logFile);
  const generator = new Child(fileURLToPath(new URL('generator.mjs', import.meta.url)));
  open.push(() => generator.end());
  for (const name of ['shared', 'go']) await generator.ask('open', { name, address: service.address });
  const customers = await generator.ask('prepare');
  await insertContacts(status, customers.read);
  const replies = await generator.ask('sampleReplies');
  const floors = await startFloors({ status, address: service.address, replies, statements, customers });
  open.push(() => floors.end());
  return { measurement: new Measurement({ generator, service, floors }), service, replies, trips };
}

/** Service, databases, broker and load generator share the cores, so more replicas would only get more of them. */
const CORES_OF_A_REPLICA = 0.25;

/** Twice: all share the cores, and each replica has a part of one, so that cores are free. */
async function measurePair({ measurement, service }, { status, logFile, say, ...settings }) {
  const pair = new Build('pair', dist);
  try {
    await pair.start(status, logFile, { replicas: 2 });
    await measurement.addPair(pair);
    say('Two replicas …');
    const shared = await replicasPhase(measurement, { ...settings, say });
    const lift = limitCores([...service.pids, ...pair.pids], CORES_OF_A_REPLICA);
    if (!lift) return { shared };
    say(`Two replicas, ${CORES_OF_A_REPLICA} of a core each …`);
    const limited = await replicasPhase(measurement, { ...settings, say }).finally(lift);
    return { shared, limited, cores: CORES_OF_A_REPLICA };
  } finally {
    await pair.stop();
  }
}

/** A quick run measures only what its guard compares. Returns the result to record. */
export async function measure({ status, dir, isQuick, say, ...settings }) {
  const open = [];
  const logFile = join(dir, 'service.log');
  try {
    const { measurement, service, replies, trips } = await prepare(status, logFile, say, open);
    const all = { ...settings, isQuick, status, logFile, say };
    await warmUp(measurement, all);
    const phases = { closed: await closedPhase(measurement, all) };
    if (!isQuick) {
      phases.go = await goPhase(measurement, all);
      phases.open = await openPhase(measurement, phases.closed, all);
      phases.replicas = await measurePair({ measurement, service }, all);
      say('Start to ready …');
      phases.ready = await secondsToReady(settings.rounds, dist, environmentOn(status, 'bench-service'), logFile);
    }
    const bytes = Object.fromEntries(Object.entries(replies).map(([kind, reply]) => [kind, reply.length]));
    return resultOf(phases, {
      measuredAt: new Date().toISOString(),
      commit: commit(),
      machine: await machineFacts(status),
      settings,
      bytes,
      trips,
    });
  } finally {
    for (const close of open.toReversed()) await close().catch(() => {});
  }
}

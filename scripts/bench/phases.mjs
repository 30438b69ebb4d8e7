// The phases of a run. Each measures its parts in alternating rounds and returns the rounds of each part.
import { OPERATIONS } from './operations.mjs';
import { median } from './statistics.cjs';

const WARM_UP_SECONDS = 1;
const CALLERS = 50;
const LEVELS = [1, 10, CALLERS, 200];

const group = (operation, callers, targets) => targets.map((target) => ({ operation, target, callers }));

/** The echo shows the least cost of a message. */
const targetsAt = (callers) =>
  callers === 1 || callers === CALLERS ? ['service', 'floor', 'echo'] : ['service', 'floor'];

const allGroups = LEVELS.flatMap((callers) =>
  OPERATIONS.map((operation) => group(operation, callers, targetsAt(callers))),
);

/** What the guarded ratios need. */
const quickGroups = [
  group('get', 1, ['service', 'floor']),
  group('get', CALLERS, ['service', 'floor', 'echo']),
  ...OPERATIONS.filter((operation) => operation !== 'get').map((operation) =>
    group(operation, CALLERS, ['service', 'floor']),
  ),
];

const groupsOf = (isQuick) => (isQuick ? quickGroups : allGroups);

/** Runs each group of parts once in a round; the parts of a group take turns in going first. */
async function inRounds(groups, rounds, run, say) {
  const measured = new Map(groups.flat().map((part) => [part, []]));
  for (let round = 0; round < rounds; round++) {
    for (const group of groups) {
      const shift = round % group.length;
      for (const part of [...group.slice(shift), ...group.slice(0, shift)]) measured.get(part).push(await run(part));
    }
    say(`round ${round + 1} of ${rounds}`);
  }
  return [...measured].map(([part, results]) => ({ ...part, rounds: results }));
}

async function warm(parts, measurement, seconds) {
  for (const part of parts) await measurement.run({ ...part, seconds: Math.min(WARM_UP_SECONDS, seconds) });
}

export async function warmUp(measurement, { isQuick, seconds, say }) {
  say('Warming up …');
  const parts = groupsOf(isQuick).flat();
  await warm(
    parts.filter(({ callers }) => callers === CALLERS),
    measurement,
    seconds,
  );
}

const isMixOfService = ({ operation, target, callers }) =>
  operation === 'mix' && target === 'service' && callers === CALLERS;

/** Closed loop with a shared reply queue. */
export function closedPhase(measurement, { isQuick, seconds, rounds, say }) {
  say('Closed loop …');
  const run = (part) => measurement[isMixOfService(part) ? 'runObserved' : 'run']({ ...part, seconds });
  return inRounds(groupsOf(isQuick), rounds, run, say);
}

/** Closed loop with a reply queue for each request. */
export function goPhase(measurement, { seconds, rounds, say }) {
  say('Callers like those of the Go services …');
  const groups = ['get', 'update', 'mix'].map((operation) =>
    ['service', 'floor', 'echo'].map((target) => ({ operation, target, callers: CALLERS, caller: 'go' })),
  );
  return inRounds(groups, rounds, (part) => measurement.run({ ...part, seconds }), say);
}

/** The number of callers with which a target answered most. */
function bestCallers(closed, operation, target) {
  const rateOf = ({ rounds }) => median(rounds.map(({ perSecond }) => perSecond));
  const parts = closed.filter((part) => part.operation === operation && part.target === target);
  return parts.toSorted((one, other) => rateOf(other) - rateOf(one))[0].callers;
}

/**
 * The load is a share of the rate that a closed loop reaches right before: a shared machine is faster in one minute than
 * in the next, and more than it can do now would only measure a growing queue.
 */
export function openPhase(measurement, closed, { seconds, openSeconds, rounds, say }) {
  say('Open loop, 50 % and 80 % of the rate of the moment …');
  const loads = [
    { target: 'service', share: 0.5 },
    { target: 'service', share: 0.8 },
    { target: 'floor', share: 0.8 },
  ];
  const groups = OPERATIONS.map((operation) => loads.map((load) => ({ operation, ...load })));
  const run = async ({ operation, target, share }) => {
    const callers = bestCallers(closed, operation, target);
    const { perSecond } = await measurement.run({ operation, target, callers, seconds });
    return measurement.run({ operation, target, loop: 'open', rate: share * perSecond, seconds: openSeconds });
  };
  return inRounds(groups, rounds, run, say);
}

/** One replica, and two replicas on a virtual host of their own. */
export async function replicasPhase(measurement, { seconds, rounds, say }) {
  const groups = ['get', 'update', 'mix'].map((operation) => [
    { operation, target: 'service', callers: CALLERS },
    { operation, target: 'pair', caller: 'pair', callers: CALLERS },
  ]);
  await warm(
    groups.map(([, pair]) => pair),
    measurement,
    seconds,
  );
  return inRounds(groups, rounds, (part) => measurement.run({ ...part, seconds }), say);
}

// Limits processes to a part of a core each, so that on a small machine cores are free for more replicas.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PERIOD_US = 10_000;
const LIMITS = [
  {
    parent: '/sys/fs/cgroup/cpu',
    settings: (quota) => ({ 'cpu.cfs_period_us': PERIOD_US, 'cpu.cfs_quota_us': quota }),
  },
  { parent: '/sys/fs/cgroup', settings: (quota) => ({ 'cpu.max': `${quota} ${PERIOD_US}` }) },
];

function groupOf(pid, cores) {
  const { parent, settings } = LIMITS.find(({ parent: folder }) => existsSync(join(folder, 'cgroup.procs')));
  const home = readFileSync(join(parent, 'cgroup.procs'), 'utf8').split('\n').includes(String(pid));
  if (!home) throw new Error('the process is in a group already');
  const group = join(parent, `registrar-bench-${pid}`);
  mkdirSync(group);
  for (const [name, value] of Object.entries(settings(cores * PERIOD_US))) writeFileSync(join(group, name), `${value}`);
  writeFileSync(join(group, 'cgroup.procs'), `${pid}`);
  return { group, parent };
}

/** Returns a function that lifts the limits, or null where this login may set none. */
export function limitCores(pids, cores) {
  const groups = [];
  const lift = () => {
    for (const { group, parent } of groups) {
      for (const pid of readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean))
        writeFileSync(join(parent, 'cgroup.procs'), pid);
      rmdirSync(group);
    }
  };
  try {
    for (const pid of pids) groups.push(groupOf(pid, cores));
    return lift;
  } catch {
    lift();
    return null;
  }
}

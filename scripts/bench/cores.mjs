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

const membersOf = (group) => readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);

function remove({ group, parent }) {
  try {
    for (const pid of membersOf(group)) writeFileSync(join(parent, 'cgroup.procs'), pid);
    rmdirSync(group);
  } catch {
    // A process that has just ended cannot be moved; its group goes when it is empty.
  }
}

/** Returns a function that lifts the limits, or null where this login may set none. */
export function limitCores(pids, cores) {
  const groups = [];
  const lift = () => {
    process.off('exit', lift);
    for (const one of groups.splice(0)) remove(one);
  };
  process.prependListener('exit', lift);
  try {
    const { parent, settings } = LIMITS.find((limit) => existsSync(join(limit.parent, 'cgroup.procs')));
    for (const pid of pids.map(String)) {
      if (!membersOf(parent).includes(pid)) throw new Error('the process is in a group already');
      const group = join(parent, `registrar-bench-${process.pid}-${pid}`);
      mkdirSync(group);
      groups.push({ group, parent });
      for (const [name, value] of Object.entries(settings(cores * PERIOD_US)))
        writeFileSync(join(group, name), `${value}`);
      writeFileSync(join(group, 'cgroup.procs'), pid);
    }
    return lift;
  } catch {
    lift();
    return null;
  }
}

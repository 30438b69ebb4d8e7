import { getPriority, setPriority } from 'node:os';

const NICENESS = 10;

/**
 * Leaves the processor to others on the same machine, such as the service: a whole comparison takes minutes of it. On
 * Linux this holds for the thread that calls, which does nearly all of the work.
 */
export function giveWay(): void {
  try {
    setPriority(Math.max(getPriority(), NICENESS)); // to raise it takes a privilege
  } catch {
    // Where the call is forbidden, the comparison runs as it is.
  }
}

import type { NodeCheck } from '../../asterisk/ami/node-inspection';
import type { Services } from '../services';
import { bad, good, type Finding, type Verdict } from './doctor.finding';

/** One finding for each node of Asterisk that AMI is to reach. */
export async function checkNodes({ nodes }: Services): Promise<Finding[]> {
  return (await nodes.check()).map((check) => ({ name: `asterisk ${check.node}`, ...verdictOf(check) }));
}

function verdictOf({ failure, caches }: NodeCheck): Verdict {
  if (failure === undefined)
    return good(`takes AMI actions, ${caches.length === 0 ? 'caches no logins' : `caches ${caches.join(', ')}`}`);
  const verdict = bad(`${failure.code}: ${failure.message}`, failure.advice);
  return failure.code === 'UNREACHABLE' ? { ...verdict, isUnreachable: true } : verdict;
}

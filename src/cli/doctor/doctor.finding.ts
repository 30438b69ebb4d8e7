import type { Dependency } from '../terminal/exit-code';
import type { Services } from '../services';

/** One line of the doctor. */
export interface Finding {
  readonly name: string;
  readonly state: 'good' | 'poor' | 'bad';
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
  readonly isUnreachable?: boolean;
}

export type Verdict = Omit<Finding, 'name'>;
export type Check = readonly [name: string, look: (services: Services) => Promise<Verdict>, advice: string];

/** Why it does not answer was learnt when it was called; asking again would only tell that it does not. */
export function rethrowUnreachable(services: Services, dependency: Dependency): void {
  const found = services.unreachable.find((one) => one.dependency === dependency);
  if (found !== undefined) throw found;
}

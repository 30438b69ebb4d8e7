import type { Services } from '../services';
import type { Dependency } from '../terminal/exit-code';

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
/** `advice` is for when the look itself fails. */
export type Check = readonly [name: string, advice: string, look: (services: Services) => Promise<Verdict>];

export const good = (detail: string): Verdict => ({ state: 'good', detail });
export const poor = (detail: string, advice: string): Verdict => ({ state: 'poor', detail, advice });
export const bad = (detail: string, advice: string): Verdict => ({ state: 'bad', detail, advice });

/** The first attempt has told why a dependency does not answer; another would only tell that it does not. */
export function rethrowUnreachable(services: Services, dependency: Dependency): void {
  const found = services.unreachable.find((one) => one.dependency === dependency);
  if (found !== undefined) throw found;
}

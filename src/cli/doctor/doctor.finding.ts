import type { Services } from '../services';
import type { Dependency } from '../terminal/exit-code';

/** The result of one check. */
export interface Finding {
  readonly name: string;
  readonly state: 'good' | 'poor' | 'bad';
  readonly detail: string;
  /** What the operator can do. */
  readonly advice?: string;
  readonly isUnreachable?: boolean;
}

export type Verdict = Omit<Finding, 'name'>;
/** `advice` is used when the check throws. */
export type Check = readonly [name: string, advice: string, look: (services: Services) => Promise<Verdict>];

export const good = (detail: string): Verdict => ({ state: 'good', detail });
export const poor = (detail: string, advice: string): Verdict => ({ state: 'poor', detail, advice });
export const bad = (detail: string, advice: string): Verdict => ({ state: 'bad', detail, advice });

/** Rethrows the error of the first attempt to connect: it has the reason, which a later attempt may not have. */
export function rethrowUnreachable(services: Services, dependency: Dependency): void {
  const found = services.unreachable.find((one) => one.dependency === dependency);
  if (found !== undefined) throw found;
}

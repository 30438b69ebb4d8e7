/**
 * The places between two steps of an operation, by name. The service goes on at once; the crash tests
 * provide an implementation that ends the process there.
 */
export abstract class Milestones {
  abstract reached(name: string): void | Promise<void>;
}

export class NoMilestones extends Milestones {
  reached(): void {
    // Only tests stop here.
  }
}

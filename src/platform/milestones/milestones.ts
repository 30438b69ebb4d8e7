/**
 * Named points between two steps of an operation. The service goes on at once; the crash tests provide an
 * implementation that ends the process at one of them.
 */
export abstract class Milestones {
  abstract reached(name: string): void | Promise<void>;
}

export class NoMilestones extends Milestones {
  reached(): void {
    // Only tests stop here.
  }
}

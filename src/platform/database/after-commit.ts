import type { EntityManager } from 'typeorm';

/** Takes a short, bounded time, and never throws: the change is committed. */
type Work = () => Promise<void>;

const waiting = new WeakMap<EntityManager, Work[]>();

/**
 * Has work done when the open transaction of this manager is committed and its connection given back, before the caller
 * of the transaction goes on. When it is not known whether it is committed, the work is done too; after a rollback not.
 */
export function afterCommit(manager: EntityManager, work: Work): void {
  const list = waiting.get(manager);
  if (list === undefined) waiting.set(manager, [work]);
  else list.push(work);
}

/** What is to be done after one attempt of a transaction. */
export class WorkAfterCommit {
  private manager: EntityManager | undefined;

  /** Begins with nothing, whatever an earlier transaction of this manager left. */
  of(manager: EntityManager): void {
    this.manager = manager;
    waiting.delete(manager);
  }

  async do(): Promise<void> {
    const list = this.manager === undefined ? undefined : waiting.get(this.manager);
    if (list === undefined || this.manager === undefined) return;
    waiting.delete(this.manager);
    await Promise.all(list.map((work) => work()));
  }
}

import { unavailable } from '../../errors/service-error';
import { remainingMs } from '../../observability/request-context';
import type { RequestEnvelope } from './envelope';

const RESOURCE = /^\/v1\/[a-z]+\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;

/**
 * Runs writes to one resource in the order of their arrival. A caller that gave up after 3 s may have sent a newer
 * write while the older one still waited in the queue: when both are taken together, the newer must not overtake.
 */
export class WriteOrder {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Reads, and writes to what has no id yet, run at once. Throws `UNAVAILABLE` for a write that waited too long. */
  run<T>({ method, uri }: RequestEnvelope, work: () => Promise<T>): Promise<T> {
    const resource = method === 'GET' ? undefined : RESOURCE.exec(uri)?.[0];
    if (resource === undefined) return work();
    const before = this.last.get(resource);
    const inTime = (): Promise<T> => {
      if (remainingMs() <= 0) throw unavailable('the resource', new Error('an earlier change took all the time'));
      return work();
    };
    const mine = before === undefined ? work() : before.then(inTime, inTime);
    this.last.set(resource, mine);
    const forget = (): void => {
      if (this.last.get(resource) === mine) this.last.delete(resource);
    };
    mine.then(forget, forget);
    return mine;
  }
}

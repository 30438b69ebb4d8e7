/**
 * Runs writes to one resource in the order they came. A caller that gave up after 3 s may have sent a newer write while
 * the older one still stood in the queue: taken together, they must not overtake each other.
 */
export class WriteOrder {
  private readonly last = new Map<string, Promise<unknown>>();

  run<T>(resource: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(resource);
    const mine = before === undefined ? work() : before.then(work, work);
    this.last.set(resource, mine);
    const forget = (): void => {
      if (this.last.get(resource) === mine) this.last.delete(resource);
    };
    mine.then(forget, forget);
    return mine;
  }
}

const RESOURCE = /^\/v1\/[a-z]+\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;

/** The resource that a request changes, `undefined` for reads and for what has no id yet. */
export function changedResource(method: string, uri: string): string | undefined {
  return method === 'GET' ? undefined : RESOURCE.exec(uri)?.[0];
}

import { Test } from '@nestjs/testing';
import { randomUUID } from 'node:crypto';
import { ExtensionReader } from '../extension/extension.reader';
import { ExtensionWriter } from '../extension/extension.writer';
import { isOutage } from '../platform/errors/outage';
import { unavailable } from '../platform/errors/service-error';
import { WorkInProgress } from '../platform/messaging/work-in-progress';
import { Milestones, NoMilestones } from '../platform/milestones/milestones';
import { Log } from '../platform/observability/log/logger';
import { RequestContext, remainingMs, runInContext } from '../platform/observability/request-context';
import { TrunkReader } from '../trunk/trunk.reader';
import { TrunkWriter } from '../trunk/trunk.writer';
import { CascadeIncomplete } from './cascade-failures';
import { CustomerService } from './customer.service';
import { OwnedRemoval } from './owned-removal';

const CUSTOMER = '3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11';

/** Rows of one kind, in memory; reader and writer in one. A batch fails when one of its rows does. */
class Owned {
  readonly alive: string[];
  readonly batches: number[] = [];
  /** Of each deletion of a single row. */
  readonly budgets: number[] = [];
  /** Rows that no batch takes. */
  isLeft: (id: string) => boolean = () => false;
  atOnce = 0;
  mostAtOnce = 0;

  constructor(
    count: number,
    private readonly fails: (id: string) => boolean = () => false,
    private readonly listingFails = false,
    private readonly failure: Error = new Error('could not'),
  ) {
    this.alive = Array.from({ length: count }, () => randomUUID()).sort();
  }

  listAliveIds(customerId: string, afterId: string, limit: number): Promise<string[]> {
    expect(customerId).toBe(CUSTOMER);
    if (this.listingFails) return Promise.reject(new Error('the database is away'));
    return Promise.resolve(this.alive.filter((id) => id > afterId).slice(0, limit));
  }

  deleteMany(ids: readonly string[]): Promise<readonly string[]> {
    this.batches.push(ids.length);
    expect(remainingMs()).toBeLessThanOrEqual(10_000);
    if (ids.some(this.fails)) return Promise.reject(this.failure);
    for (const id of ids) if (!this.isLeft(id)) this.alive.splice(this.alive.indexOf(id), 1);
    return Promise.resolve(ids.filter(this.isLeft));
  }

  async delete(id: string): Promise<void> {
    this.budgets.push(remainingMs());
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    this.atOnce--;
    if (this.fails(id)) throw this.failure;
    this.alive.splice(this.alive.indexOf(id), 1);
  }
}

async function remove(extensions: Owned, trunks: Owned): Promise<void> {
  const module = await Test.createTestingModule({
    providers: [
      CustomerService,
      OwnedRemoval,
      WorkInProgress,
      { provide: ExtensionReader, useValue: extensions },
      { provide: ExtensionWriter, useValue: extensions },
      { provide: TrunkReader, useValue: trunks },
      { provide: TrunkWriter, useValue: trunks },
      { provide: Milestones, useClass: NoMilestones },
      { provide: Log, useValue: { info: () => undefined, warning: () => undefined, error: () => undefined } },
    ],
  }).compile();
  const service = module.get(CustomerService);
  await runInContext(new RequestContext('event', Infinity), () => service.removeAll(CUSTOMER));
}

describe('what a deleted customer leaves behind', () => {
  it.each([0, 1, 49, 50, 51, 999, 1_000, 1_001])('is deleted to the last of %d rows', async (count) => {
    const [extensions, trunks] = [new Owned(count), new Owned(count)];
    await remove(extensions, trunks);
    expect([extensions.alive, trunks.alive]).toEqual([[], []]);
  });

  it('is deleted many at a time', async () => {
    const extensions = new Owned(120);
    await remove(extensions, new Owned(0));
    expect(extensions.batches).toEqual([50, 50, 20]);
    expect(extensions.budgets).toEqual([]);
  });

  it('is deleted one by one where a batch leaves it, a few at a time, each within its own time limit', async () => {
    const extensions = new Owned(50);
    extensions.isLeft = (id) => id > '8';
    const left = extensions.alive.filter(extensions.isLeft).length;
    await remove(extensions, new Owned(0));
    expect(extensions.alive).toEqual([]);
    expect(extensions.budgets).toHaveLength(left);
    expect(extensions.mostAtOnce).toBeGreaterThan(1);
    expect(extensions.mostAtOnce).toBeLessThanOrEqual(8);
    expect(Math.max(...extensions.budgets)).toBeLessThanOrEqual(10_000);
  });

  it('is deleted up to the end after failures', async () => {
    const extensions = new Owned(450, (id) => id.startsWith('0') || id.startsWith('f'));
    const failing = extensions.alive.filter((id) => /^[0f]/.test(id));
    const trunks = new Owned(10);
    await expect(remove(extensions, trunks)).rejects.toBeInstanceOf(CascadeIncomplete);
    expect(extensions.alive).toEqual(failing);
    expect(trunks.alive).toEqual([]);
    expect(extensions.budgets.length).toBeGreaterThan(failing.length);
    expect(extensions.batches).toHaveLength(9);
  });

  it.each([
    ['extensions', new Owned(3, undefined, true), new Owned(3)],
    ['trunks', new Owned(3), new Owned(3, undefined, true)],
  ])('is deleted although the %s cannot be listed, and the event is retried', async (which, extensions, trunks) => {
    await expect(remove(extensions, trunks)).rejects.toBeInstanceOf(CascadeIncomplete);
    expect((which === 'extensions' ? trunks : extensions).alive).toEqual([]);
  });

  it('is reported with the reasons when it stays, so that an outage is recognised among defects', async () => {
    const away = unavailable('database asterisk');
    const [extensions, trunks] = [new Owned(3, () => true, false, away), new Owned(3, () => true)];
    const error = await remove(extensions, trunks).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CascadeIncomplete);
    expect(isOutage(error)).toBe(true);
    const defects = await remove(new Owned(3, () => true), new Owned(3, () => true)).catch((thrown: unknown) => thrown);
    expect(isOutage(defects)).toBe(false);
  });

  it('is not tried to the end in an outage, but single failing rows are skipped', async () => {
    const away = unavailable('database asterisk');
    const all = new Owned(1_000, () => true, false, away);
    await expect(remove(all, new Owned(0))).rejects.toBeInstanceOf(CascadeIncomplete);
    expect(all.budgets.length).toBeLessThan(50);
    const some = new Owned(450, (id) => id.endsWith('0'), false, away);
    const outOfReach = some.alive.filter((id) => id.endsWith('0'));
    await expect(remove(some, new Owned(0))).rejects.toBeInstanceOf(CascadeIncomplete);
    expect(some.alive).toEqual(outOfReach);
  });

  it('is deleted once: a second event changes nothing', async () => {
    const [extensions, trunks] = [new Owned(5), new Owned(5)];
    await remove(extensions, trunks);
    await remove(extensions, trunks);
    expect([extensions.batches, extensions.budgets]).toEqual([[5], []]);
  });
});

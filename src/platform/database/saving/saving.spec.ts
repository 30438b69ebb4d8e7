import { EntityManager } from 'typeorm';
import type { Cache, CacheEntry } from '../../cache/cache';
import { ServiceError } from '../../errors/service-error';
import type { Outbox } from '../../messaging/outbox/outbox';
import { NoMilestones } from '../../milestones/milestones';
import type { Log } from '../../observability/log/logger';
import { MicroClock } from '../../wire/wire-time';
import type { ResourceRecord, ResourceRepository } from '../resource.repository';
import { UncertainOutcome, type OpenTransactions, type Transactions } from '../transactions';
import { RepairRequests } from './repair-requests';
import type { BatchSteps, Resource, Steps } from './resource';
import { Saving } from './saving';
import { UncertainOutcomes } from './uncertain-outcomes';

interface Note extends ResourceRecord {
  text: string;
}

const note: Note = { id: 'n', text: 'old', tmCreate: '2026-01-01 00:00:00.000000', tmUpdate: null, tmDelete: null };
const bin = Object.create(EntityManager.prototype) as EntityManager;
const open: OpenTransactions = { bin, asterisk: bin };

/** Saves notes, and records the steps in order. */
class Notebook {
  readonly done: string[] = [];
  stored: Note | null = note;
  /** What a batch finds. */
  free: Note[] = [];
  /** What a commit ends with, after its work. */
  end: () => void = () => undefined;
  align: () => Promise<Note> = () => Promise.resolve(note);

  readonly saving = new Saving(
    {
      bin: (work: (manager: EntityManager) => Promise<unknown>) => this.commit('bin', () => work(bin)),
      removalFromBin: (work: (manager: EntityManager) => Promise<unknown>) => this.commit('removal', () => work(bin)),
      recordCommitsFirst: (name: string, work: (both: OpenTransactions) => Promise<unknown>) =>
        this.commit(`${name}, record first`, () => work(open)),
      loginCommitsFirst: (name: string, work: (both: OpenTransactions) => Promise<unknown>) =>
        this.commit(`${name}, login first`, () => work(open)),
    } as unknown as Transactions,
    {
      write: (_: unknown, event: { type: string }) => this.did(`event ${event.type}`, event),
      writeFirst: (_: unknown, event: { type: string }) => this.did(`first event ${event.type}`, event),
      writeMany: (_: unknown, changes: readonly { news: { type: string; resourceId: string } }[]) =>
        this.did(
          `events ${changes.map(({ news }) => `${news.type} of ${news.resourceId}`).join()}`,
          changes.map((change) => ({ ...change, event: change.news })),
        ),
      deliver: ({ resourceId }: { resourceId: string }, isCacheRight: boolean) =>
        this.did(`delivered ${resourceId}, cache ${isCacheRight ? 'right' : 'wrong'}`),
      send: (_: unknown, isCacheRight: boolean) => void this.did(`sent, cache ${isCacheRight ? 'right' : 'wrong'}`),
    } as unknown as Outbox,
    {
      store: ({ fenced = [] }: CacheEntry) => this.did(`cached, forgot ${fenced.join()}`, true),
    } as unknown as Cache,
    new MicroClock(),
    new NoMilestones(),
    new UncertainOutcomes(
      { forget: (keys: string[]) => this.did(`forgot ${keys.join()}`) } as unknown as Cache,
      this.repairs(),
      { warning: () => undefined, error: () => undefined } as unknown as Log,
    ),
  );

  readonly resource: Resource<Note, Note> = {
    kind: 'trunk',
    repository: {
      ensureUnique: () => undefined,
      insert: () => this.did('insert'),
      lock: () => this.did('lock', this.stored),
      lockFree: () => this.did('lock free', this.free),
      updateAll: (_: unknown, ids: string[], changes: object) =>
        this.did(`update ${Object.keys(changes).join()} of ${ids.join()}`),
      update: (_: unknown, changes: object) => this.did(`update ${Object.keys(changes).join()}`),
      notFound: () => new ServiceError('NOT_FOUND', 'NOT_FOUND', 'not found'),
    } as unknown as ResourceRepository<Note>,
    toReply: (record) => record,
    cacheKeys: ({ text }) => [`key:${text}`],
    cacheEntry: (value) => ({ primary: 'p', secondary: [], dropped: [], value, ttlSeconds: 1 }),
    align: () => this.align(),
  };

  readonly steps: Steps<Note> = {
    inBin: () => this.did('in bin'),
    inAsterisk: () => this.did('in asterisk'),
    forgets: () => ['further'],
  };

  readonly batchSteps: BatchSteps<Note> = {
    inBin: (_, records) => this.did(`in bin ${records.map(({ id }) => id).join()}`),
    inAsterisk: (_, records) => this.did(`in asterisk ${records.map(({ id }) => id).join()}`),
    forgets: ({ before }) => [`further ${before.id}`],
  };

  private repairs(): RepairRequests {
    const requests = new RepairRequests();
    requests.listen(({ kind, id }) => void this.done.push(`repair of ${kind} ${id}`));
    return requests;
  }

  private did<T>(what: string, result?: T): Promise<T> {
    this.done.push(what);
    return Promise.resolve(result as T);
  }

  private async commit(name: string, work: () => Promise<unknown>): Promise<unknown> {
    this.done.push(name);
    const result = await work();
    this.end();
    this.done.push('committed');
    return result;
  }
}

const change = (book: Notebook, steps = book.steps): Promise<Note> =>
  book.saving.change(book.resource, 'n', (current) => ({ ...current, text: 'new' }), steps);
const uncertain = (): never => {
  throw new UncertainOutcome(new Error('the connection was lost'));
};
const ANNOUNCED = ['committed', 'cached, forgot further', 'sent, cache right'];

describe('saving', () => {
  it('locks, writes what changes, then the event, then the other database; announces after the commit', async () => {
    const book = new Notebook();
    await expect(change(book)).resolves.toMatchObject({ text: 'new' });
    const written = ['lock', 'update id,text,tmUpdate', 'in bin', 'event trunk_updated', 'in asterisk'];
    expect(book.done).toEqual(['trunk.update, record first', ...written, ...ANNOUNCED]);
  });

  it('opens one transaction when the other database is not changed', async () => {
    const book = new Notebook();
    await change(book, {});
    expect(book.done[0]).toBe('bin');
    await book.saving.softDelete(book.resource, 'n', {});
    expect(book.done).toContain('removal');
  });

  it('deletes once: the login first, and a deleted record is returned as it is', async () => {
    const book = new Notebook();
    await expect(book.saving.softDelete(book.resource, 'n', book.steps)).resolves.toMatchObject({ wasAlive: true });
    expect(book.done[0]).toBe('trunk.delete, login first');
    book.done.length = 0;
    book.stored = { ...note, tmDelete: '2026-01-02 00:00:00.000000' };
    const again = await book.saving.softDelete(book.resource, 'n', book.steps);
    expect(again).toEqual({ reply: book.stored, wasAlive: false });
    expect(book.done).toEqual(['trunk.delete, login first', 'lock', 'committed']);
  });

  it.each([null, { ...note, tmDelete: '2026-01-02 00:00:00.000000' }])('does not change %j', async (stored) => {
    const book = new Notebook();
    book.stored = stored;
    await expect(change(book)).rejects.toMatchObject({ status: 'NOT_FOUND' });
  });

  it('answers a create whose record turns out to live, and announces it', async () => {
    const book = new Notebook();
    book.end = uncertain;
    await expect(book.saving.create(book.resource, note, book.steps)).resolves.toMatchObject({ text: 'old' });
    expect(book.done.slice(-3)).toEqual(['forgot key:old', ...ANNOUNCED.slice(1)]);
  });

  it.each([
    ['lives', () => Promise.resolve(note), 'alive', 'forgot key:old'],
    ['is deleted', () => Promise.resolve({ ...note, tmDelete: '2026-01-02' }), 'gone', 'forgot key:old'],
    ['cannot be asked', () => Promise.reject(new Error('away')), 'unknown', 'repair of trunk n'],
  ])('refuses an uncertain change when the record %s, and announces nothing', async (_, align, record, last) => {
    const book = new Notebook();
    book.end = uncertain;
    book.align = align;
    await expect(change(book)).rejects.toMatchObject({ status: 'UNAVAILABLE', record });
    expect(book.done.at(-1)).toBe(last);
  });

  it('knows that a create without a record came to nothing', async () => {
    const book = new Notebook();
    book.end = uncertain;
    book.align = () => Promise.reject(new ServiceError('NOT_FOUND', 'NOT_FOUND', 'not found'));
    await expect(book.saving.create(book.resource, note, book.steps)).rejects.toMatchObject({ record: 'gone' });
  });
});

describe('saving the deletion of a batch', () => {
  const deleted = { ...note, id: 'd', tmDelete: '2026-01-02 00:00:00.000000' };
  const ahead = { ...note, id: 'a', tmUpdate: '2999-01-01 00:00:00.000000' };
  const ids = ['n', 'm', 'd', 'a', 'locked'];
  const given = (): Notebook => {
    const book = new Notebook();
    book.free = [note, { ...note, id: 'm' }, deleted, ahead];
    return book;
  };

  it('writes the free and living records in bin, then in asterisk, and announces each after the commits', async () => {
    const book = given();
    const { deleted: gone, left } = await book.saving.softDeleteMany(book.resource, ids, book.batchSteps);
    expect(gone.map(({ id }) => id)).toEqual(['n', 'm']);
    expect(left).toEqual(['a', 'locked']);
    expect(book.done.slice(0, 7)).toEqual([
      'trunk.delete, login first',
      'lock free',
      'update tmUpdate,tmDelete of n,m',
      'in bin n,m',
      'events trunk_deleted of n,trunk_deleted of m',
      'in asterisk n,m',
      'committed',
    ]);
    expect(book.done.slice(7).sort()).toEqual([
      'cached, forgot further m',
      'cached, forgot further n',
      'delivered m, cache right',
      'delivered n, cache right',
    ]);
  });

  it('gives all the same time, later than the last of each', async () => {
    const book = given();
    const { deleted: gone } = await book.saving.softDeleteMany(book.resource, ids, book.batchSteps);
    const [first] = gone;
    expect(first?.tmDelete).toMatch(/^2/);
    for (const { tmUpdate, tmDelete, tmCreate } of gone) {
      expect([tmUpdate, tmDelete]).toEqual([first?.tmDelete, first?.tmDelete]);
      expect(String(tmDelete) > String(tmCreate)).toBe(true);
    }
  });

  it('writes nothing when no record is free and alive', async () => {
    const book = given();
    book.free = [deleted];
    const found = await book.saving.softDeleteMany(book.resource, ['d', 'locked'], book.batchSteps);
    expect(found).toEqual({ deleted: [], left: ['locked'] });
    expect(book.done).toEqual(['trunk.delete, login first', 'lock free', 'committed']);
  });

  it('opens one transaction when the other database is not changed', async () => {
    const book = given();
    await book.saving.softDeleteMany(book.resource, ids, {});
    expect(book.done[0]).toBe('removal');
  });

  it('resolves each record when the outcome is unknown, and announces nothing', async () => {
    const book = given();
    book.end = uncertain;
    book.align = () => Promise.reject(new Error('away'));
    await expect(book.saving.softDeleteMany(book.resource, ids, book.batchSteps)).rejects.toBeInstanceOf(
      UncertainOutcome,
    );
    expect(book.done.slice(-2)).toEqual(['repair of trunk n', 'repair of trunk m']);
    expect(book.done.join()).not.toMatch(/cached|delivered/);
  });
});

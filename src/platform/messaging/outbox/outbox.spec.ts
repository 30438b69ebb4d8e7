import { Test } from '@nestjs/testing';
import { Milestones, NoMilestones } from '../../milestones/milestones';
import { Log } from '../../observability/log/logger';
import { RequestContext, currentContext, runInContext } from '../../observability/request-context';
import { EventPublisher, type SignedEvent } from './event-publisher';
import { Outbox, type PendingEvent } from './outbox';
import { OutboxRelay } from './outbox.relay';
import { OutboxRepository } from './outbox.repository';
import { OutboxSweeper } from './outbox.sweeper';

function pending(id: string, earlier: string[] = []): PendingEvent {
  return { id, type: `event-${id}`, resourceId: 'r', data: {}, cacheKeys: ['p'], payload: `{"id":"${id}"}`, earlier };
}

/** An outbox whose broker confirms on command; it records the steps in order. */
async function setUp(): Promise<{
  outbox: Outbox;
  done: string[];
  confirm: (id: string) => void;
  /** Confirms the event once it is sent, and waits for the end of all. */
  settle: (id: string) => Promise<void>;
  refuse: (id: string) => void;
  /** From now on no row is removed. */
  keepRows: () => void;
}> {
  const done: string[] = [];
  let areRemoved = true;
  const waiting = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  const publisher = {
    name: 'registrar-manager',
    publish: ({ type }: SignedEvent) =>
      new Promise<void>((resolve, reject) => {
        done.push(`${type} sent${currentContext() === undefined ? '' : ' under a deadline'}`);
        waiting.set(type, { resolve, reject });
      }),
  };
  const note =
    (what: string) =>
    (ids: string | string[]): Promise<void> => {
      done.push(`${[ids].flat().join()} ${what}`);
      return Promise.resolve();
    };
  const remove = async (id: string): Promise<boolean> => {
    if (areRemoved) await note('removed')(id);
    return areRemoved;
  };
  const module = await Test.createTestingModule({
    providers: [
      Outbox,
      { provide: OutboxRepository, useValue: { release: note('left'), markPublished: note('marked') } },
      { provide: EventPublisher, useValue: publisher },
      { provide: OutboxRelay, useValue: { wake: () => done.push('relay woken') } },
      { provide: OutboxSweeper, useValue: { remove, flush: () => Promise.resolve() } },
      { provide: Milestones, useClass: NoMilestones },
      { provide: Log, useValue: { warning: () => undefined } },
    ],
  }).compile();
  const outbox = module.get(Outbox);
  const confirm = (id: string): void => waiting.get(`event-${id}`)?.resolve();
  const settle = async (id: string): Promise<void> => {
    await untilSent();
    confirm(id);
    await outbox.flush(1_000);
  };
  return {
    outbox,
    done,
    confirm,
    settle,
    refuse: (id) => waiting.get(`event-${id}`)?.reject(new Error('no confirm')),
    keepRows: () => (areRemoved = false),
  };
}

const untilSent = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the fast path of events', () => {
  it('sends after the commit, outside of the request, and removes', async () => {
    const { outbox, done, settle } = await setUp();
    runInContext(new RequestContext('r', 0), () => outbox.send(pending('1'), true));
    await settle('1');
    expect(done).toEqual(['event-1 sent', '1 removed']);
  });

  it('leaves the keys to the relay when the cache did not take the record', async () => {
    const { outbox, done, settle } = await setUp();
    outbox.send(pending('1'), false);
    await settle('1');
    expect(done).toEqual(['event-1 sent', '1 marked']);
  });

  it('sends a later event of the resource only when the earlier one is out', async () => {
    const { outbox, done, confirm, settle } = await setUp();
    outbox.send(pending('1'), true);
    outbox.send(pending('2', ['1']), true);
    await untilSent();
    expect(done).toEqual(['event-1 sent']);
    confirm('1');
    await settle('2');
    expect(done).toEqual(['event-1 sent', '1 removed', 'event-2 sent', '2 removed']);
  });

  it('sends no later event ahead of one that failed', async () => {
    const { outbox, done, refuse } = await setUp();
    outbox.send(pending('1'), true);
    outbox.send(pending('2', ['1']), true);
    await untilSent();
    refuse('1');
    await outbox.flush(1_000);
    expect(done).toEqual(['event-1 sent', '1 left', 'relay woken', '2 left', 'relay woken']);
  });

  it("leaves an event to the relay whose predecessor is not this process's own", async () => {
    const { outbox, done } = await setUp();
    outbox.send(pending('2', ['1']), true);
    await untilSent();
    await outbox.flush(1_000);
    expect(done).toEqual(['2 left', 'relay woken']);
  });

  it('sends an event whose predecessor was sent and removed after the change had found it', async () => {
    const { outbox, done, settle } = await setUp();
    outbox.send(pending('1'), true);
    await settle('1');
    outbox.send(pending('2', ['1']), true);
    await settle('2');
    expect(done).toEqual(['event-1 sent', '1 removed', 'event-2 sent', '2 removed']);
  });

  it('leaves an event to the relay when the row of its predecessor could not be removed', async () => {
    const { outbox, done, settle, keepRows } = await setUp();
    keepRows();
    outbox.send(pending('1'), true);
    await settle('1');
    outbox.send(pending('2', ['1']), true);
    await untilSent();
    await outbox.flush(1_000);
    expect(done).toEqual(['event-1 sent', '2 left', 'relay woken']);
  });

  it('waits for the broker at most so long at the end', async () => {
    const { outbox } = await setUp();
    outbox.send(pending('1'), true);
    await untilSent();
    const startedAt = Date.now();
    await outbox.flush(20);
    expect(Date.now() - startedAt).toBeLessThan(2_000);
  });
});

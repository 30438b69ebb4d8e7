import { Test } from '@nestjs/testing';
import { eventually } from '../../../../test/support/conditions';
import { Cache } from '../../cache/cache';
import { Milestones, NoMilestones } from '../../milestones/milestones';
import { Log } from '../../observability/log/logger';
import { EventPublisher, type SignedEvent } from './event-publisher';
import { OutboxBacklog } from './outbox.backlog';
import { OutboxRelay } from './outbox.relay';
import { OutboxRepository, type OutboxRow } from './outbox.repository';

function row(id: string, isPublished = false): OutboxRow {
  return { id, type: `event-${id}`, publisher: 'p', payload: '{}', cacheKeys: [`key-${id}`], isPublished };
}

interface Servers {
  /** The ids of events that the broker does not take. */
  readonly refused?: readonly string[];
  readonly isCacheUp?: boolean;
}

/** What one run of the relay does with these rows. */
async function run(rows: OutboxRow[], { refused = [], isCacheUp = true }: Servers = {}): Promise<string[]> {
  const done: string[] = [];
  const batches = [rows];
  const note =
    (what: string) =>
    (ids: readonly string[]): Promise<void> => {
      done.push(`${ids.join()} ${what}`);
      return Promise.resolve();
    };
  const publish = ({ type }: SignedEvent): Promise<void> => {
    const id = type.replace('event-', '');
    done.push(`${id} sent`);
    return refused.includes(id) ? Promise.reject(new Error('no confirm')) : Promise.resolve();
  };
  const drop = (keys: readonly string[]): Promise<boolean> => {
    if (isCacheUp && keys.length > 0) done.push(`${keys.join()} dropped`);
    return Promise.resolve(isCacheUp || keys.length === 0);
  };
  const repository = {
    claim: () => Promise.resolve(batches.shift() ?? []),
    remove: note('removed'),
    release: note('left'),
    markPublished: note('marked'),
  };
  const measureAndExpire = jest.fn(() => Promise.resolve());
  const warning = (_: string, { count }: { count: number }): number => done.push(`${count} failed`);
  const module = await Test.createTestingModule({
    providers: [
      OutboxRelay,
      { provide: OutboxRepository, useValue: repository },
      { provide: EventPublisher, useValue: { publish, isReady: true } },
      { provide: OutboxBacklog, useValue: { measureAndExpire } },
      { provide: Cache, useValue: { drop, isUp: isCacheUp } },
      { provide: Milestones, useClass: NoMilestones },
      { provide: Log, useValue: { warning } },
    ],
  }).compile();
  module.get(OutboxRelay).start();
  await eventually('the end of the run', () => measureAndExpire.mock.calls.length > 0);
  await module.close();
  return done;
}

describe('a run of the relay', () => {
  it('sends what waits together, and removes it in one statement', async () => {
    expect(await run([row('1'), row('2'), row('3')])).toEqual([
      ...['1 sent', '2 sent', '3 sent'],
      ...['key-1,key-2,key-3 dropped', '1,2,3 removed'],
    ]);
  });

  it('sends one event only to a broker that takes none, and says so once', async () => {
    expect(await run([row('1'), row('2'), row('3')], { refused: ['1'] })).toEqual(['1 sent', '3 failed', '1,2,3 left']);
  });

  it('leaves what the broker did not take, and removes the others', async () => {
    expect(await run([row('1'), row('2'), row('3')], { refused: ['2'] })).toEqual([
      ...['1 sent', '2 sent', '3 sent', '1 failed', '2 left'],
      ...['key-1,key-3 dropped', '1,3 removed'],
    ]);
  });

  it('sends a published event no more, and marks what the cache did not drop', async () => {
    expect(await run([row('1', true), row('2')], { isCacheUp: false })).toEqual(['2 sent', '1,2 marked']);
  });

  it('sends one event only to such a broker, also after one that is out already', async () => {
    const rows = [row('1', true), row('2'), row('3')];
    expect(await run(rows, { refused: ['2'] })).toEqual([
      ...['2 sent', '2 failed', '2,3 left'],
      ...['key-1 dropped', '1 removed'],
    ]);
  });
});

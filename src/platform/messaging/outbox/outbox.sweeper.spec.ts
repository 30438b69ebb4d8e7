import { Test } from '@nestjs/testing';
import { Milestones, NoMilestones } from '../../milestones/milestones';
import { Log } from '../../observability/log/logger';
import { RequestContext, remainingMs, runInContext } from '../../observability/request-context';
import { OutboxRepository } from './outbox.repository';
import { OutboxSweeper } from './outbox.sweeper';

interface Statement {
  readonly ids: readonly string[];
  readonly remainingMs: number;
  readonly end: (error?: Error) => void;
}

/** A sweeper whose statements end on command. */
async function setUp(): Promise<{ sweeper: OutboxSweeper; statements: Statement[]; warnings: string[] }> {
  const statements: Statement[] = [];
  const warnings: string[] = [];
  const remove = (ids: readonly string[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const end = (error?: Error): void => (error === undefined ? resolve() : reject(error));
      statements.push({ ids, remainingMs: remainingMs(), end });
    });
  const module = await Test.createTestingModule({
    providers: [
      OutboxSweeper,
      { provide: OutboxRepository, useValue: { remove } },
      { provide: Milestones, useClass: NoMilestones },
      { provide: Log, useValue: { warning: (message: string) => warnings.push(message) } },
    ],
  }).compile();
  return { sweeper: module.get(OutboxSweeper), statements, warnings };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

describe('the removal of sent events', () => {
  it('puts all that was sent while a statement ran into the next one', async () => {
    const { sweeper, statements } = await setUp();
    const gone = [sweeper.remove('1'), sweeper.remove('2')];
    await turn();
    for (const id of ['3', '4', '5']) {
      gone.push(sweeper.remove(id));
      await turn();
    }
    statements[0]?.end();
    await turn();
    statements[1]?.end();
    await Promise.all(gone);
    expect(statements.map(({ ids }) => ids)).toEqual([
      ['1', '2'],
      ['3', '4', '5'],
    ]);
  });

  it('does not end with the request that began it', async () => {
    const { sweeper, statements } = await setUp();
    const gone = runInContext(new RequestContext('r', 0), () => sweeper.remove('1'));
    await turn();
    expect(statements[0]?.remainingMs).toBeGreaterThan(1_000);
    statements[0]?.end();
    await gone;
  });

  it('goes on after a failure, and says that the events are sent again', async () => {
    const { sweeper, statements, warnings } = await setUp();
    const gone = sweeper.remove('1');
    await turn();
    statements[0]?.end(new Error('away'));
    expect(await gone).toBe(false);
    const next = sweeper.remove('2');
    await turn();
    statements[1]?.end();
    expect(await next).toBe(true);
    expect(statements.map(({ ids }) => ids)).toEqual([['1'], ['2']]);
    expect(warnings).toEqual(['Sent events could not be removed and will be sent again']);
  });

  it('leaves nothing behind at the end', async () => {
    const { sweeper, statements } = await setUp();
    void sweeper.remove('1');
    const flushed = sweeper.flush();
    await turn();
    void sweeper.remove('2');
    statements[0]?.end();
    await turn();
    statements[1]?.end();
    await flushed;
    expect(statements.map(({ ids }) => ids)).toEqual([['1'], ['2']]);
  });

  it('puts at most 500 rows into a statement', async () => {
    const { sweeper, statements } = await setUp();
    const gone = Array.from({ length: 501 }, (_, n) => sweeper.remove(String(n)));
    await turn();
    statements[0]?.end();
    await turn();
    statements[1]?.end();
    expect((await Promise.all(gone)).every(Boolean)).toBe(true);
    expect(statements.map(({ ids }) => ids.length)).toEqual([500, 1]);
  });

  it('misses nothing that comes at the moment when a run ends', async () => {
    const { sweeper, statements } = await setUp();
    const first = sweeper.flush();
    const gone = sweeper.remove('1');
    await first;
    await turn();
    statements[0]?.end();
    expect(await gone).toBe(true);
  });
});

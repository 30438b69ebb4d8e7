import { QueryFailedError, type QueryRunner } from 'typeorm';
import { StatementPackets, together } from './statement-packets';

type Answer = (text: string) => readonly [error: Error | null, result?: unknown, fields?: unknown];

const OK = { affectedRows: 1 };
const many: Answer = (text) => {
  const { length } = text.split(';\n');
  return length === 1 ? [null, OK, undefined] : [null, Array(length).fill(OK), Array(length).fill(undefined)];
};

/** A runner whose connection notes each packet. The packets of a real server are tested by round-trips.spec. */
function open(answer: Answer = many, takesMany = true): { runner: QueryRunner; packets: string[] } {
  const packets: string[] = [];
  const runner = { isReleased: false, dataSource: { logger: { logQuery: () => undefined } } } as unknown as QueryRunner;
  const connection = {
    format: (sql: string, values: readonly unknown[]) => sql.replaceAll('?', () => JSON.stringify(values[0])),
    query: (text: string, done: (...answered: ReturnType<Answer>) => void) => {
      packets.push(text);
      setImmediate(() => done(...answer(text)));
    },
  };
  new StatementPackets(runner, connection, takesMany, () => undefined).install();
  return { runner, packets };
}

describe('statements on one connection', () => {
  it('share a packet when they are issued in one turn, and a transaction begins with the first', async () => {
    const { runner, packets } = open();
    await runner.startTransaction();
    await together(
      runner.query('A ?', ['1;\n2']),
      Promise.resolve().then(() => runner.query('B')),
    );
    await runner.query('C');
    await runner.commitTransaction();
    expect(packets).toEqual(['START TRANSACTION;\nA "1;\\n2";\nB', 'C', 'COMMIT']);
    expect(runner.isTransactionActive).toBe(false);
  });

  it('of a transaction without any are not sent at all', async () => {
    const { runner, packets } = open();
    await runner.startTransaction();
    expect(runner.isTransactionActive).toBe(true);
    await runner.rollbackTransaction();
    expect(packets).toEqual([]);
  });

  it('have a packet each where the server takes one, and none follows one that failed', async () => {
    const failing: Answer = (text) => (text === 'B' ? [new Error('no B')] : many(text));
    const { runner, packets } = open(failing, false);
    await runner.startTransaction();
    const [a, b, c] = ['A', 'B', 'C'].map((sql) => runner.query(sql));
    await expect(together(a, b, c)).rejects.toThrow(QueryFailedError);
    await expect(a).resolves.toEqual(OK);
    await expect(c).rejects.toThrow('no B');
    expect(packets).toEqual(['START TRANSACTION', 'A', 'B']);
  });

  it('fail together, and the first one tells why', async () => {
    const { runner } = open(() => [new Error('refused')]);
    const first = runner.query('A').catch(() => {
      throw new Error('A was refused');
    });
    await expect(together(first, runner.query('B'))).rejects.toThrow('A was refused');
  });

  it.each<[string, Answer]>([
    ['one result without rows', () => [null, OK, undefined]],
    ['two rows of one result', () => [null, [{ n: 1 }, { n: 2 }], [{ name: 'n' }, { name: 'm' }]]],
  ])('fail when a proxy runs only some of them: %s', async (_, answer) => {
    const { runner } = open(answer);
    await expect(together(runner.query('A'), runner.query('B'))).rejects.toThrow('did not run every statement');
  });

  it('that are issued a turn later wait for those before, also where the server takes one a packet', async () => {
    const { runner, packets } = open(many, false);
    await runner.startTransaction();
    const later = new Promise((resolve) => process.nextTick(() => resolve(runner.query('C'))));
    await together(runner.query('A'), runner.query('B'), later);
    expect(packets).toEqual(['START TRANSACTION', 'A', 'B', 'C']);
  });

  it('are not sent after a rollback, nor after a conflict that has rolled back', async () => {
    const conflict = Object.assign(new Error('deadlock'), { errno: 1213, code: 'ER_LOCK_DEADLOCK' });
    const { runner, packets } = open((text) => (text.endsWith('\nA') ? [conflict] : many(text)));
    await runner.startTransaction();
    await expect(runner.query('A')).rejects.toThrow('deadlock');
    await expect(runner.query('LATE')).rejects.toThrow('was rolled back');
    await runner.rollbackTransaction();
    await expect(runner.query('LATER')).rejects.toThrow('was rolled back');
    await runner.query('select release_all_locks()');
    await runner.startTransaction();
    await runner.query('B');
    expect(packets).toEqual([
      'START TRANSACTION;\nA',
      'ROLLBACK',
      'select release_all_locks()',
      'START TRANSACTION;\nB',
    ]);
  });

  it('that wait when the transaction ends are sent with it', async () => {
    const { runner, packets } = open();
    await runner.startTransaction();
    const issued = runner.query('A');
    await runner.rollbackTransaction();
    await issued;
    expect(packets).toEqual(['START TRANSACTION;\nA;\nROLLBACK']);
  });

  it('are waited for until all of them have ended', async () => {
    const { runner } = open((text) => (text === 'A' ? [new Error('no A')] : many(text)), false);
    let hasEnded = false;
    const other = new Promise((resolve) => setTimeout(resolve, 20)).then(() => (hasEnded = true));
    await expect(together(runner.query('A'), other)).rejects.toThrow('no A');
    expect(hasEnded).toBe(true);
  });

  it('are refused on a connection that is given back', async () => {
    const { runner, packets } = open();
    Object.assign(runner, { isReleased: true });
    await expect(runner.query('A')).rejects.toThrow('given back');
    expect(packets).toEqual([]);
  });
});

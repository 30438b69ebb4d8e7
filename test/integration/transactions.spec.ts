import type { EntityManager } from 'typeorm';
import { afterCommit } from '../../src/platform/database/after-commit';
import { AsteriskDatabase, BinDatabase } from '../../src/platform/database/source/databases';
import { Transactions, UncertainOutcome } from '../../src/platform/database/transactions';
import { Milestones } from '../../src/platform/milestones/milestones';
import { RequestContext, runInContext } from '../../src/platform/observability/request-context';
import { Application } from '../support/application';
import { eventually } from '../support/conditions';

const POOL_SIZE = 4;

/** Does something at each place between two steps. */
class Watched extends Milestones {
  constructor(readonly reached: (name: string) => void) {
    super();
  }
}

describe('transactions on real databases', () => {
  let app: Application;
  let bin: BinDatabase;
  let asterisk: AsteriskDatabase;
  let transactions: Transactions;
  const reached: string[] = [];

  beforeAll(async () => {
    app = await Application.open({ environment: { DATABASE_POOL_SIZE: String(POOL_SIZE) } });
    bin = app.module.get(BinDatabase);
    asterisk = app.module.get(AsteriskDatabase);
    const milestones = new Watched((name) => void reached.push(name));
    transactions = new Transactions(bin, asterisk, milestones);
    for (const database of [app.bin, app.asterisk]) {
      await database.run('CREATE TABLE notes (id INT PRIMARY KEY, text VARCHAR(10))');
    }
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    reached.length = 0;
    for (const database of [app.bin, app.asterisk]) {
      await database.run('DELETE FROM notes');
      await database.run("INSERT INTO notes VALUES (1, 'one'), (2, 'two')");
    }
  });

  const write = (manager: EntityManager, id: number, text = 'new'): Promise<unknown> =>
    manager.query('INSERT INTO notes VALUES (?, ?) ON DUPLICATE KEY UPDATE text = VALUES(text)', [id, text]);
  const counts = async (id: number): Promise<number[]> => [
    await app.bin.count('notes', 'id = ?', [id]),
    await app.asterisk.count('notes', 'id = ?', [id]),
  ];
  const within = <T>(budgetMs: number, work: () => Promise<T>): Promise<T> =>
    runInContext(new RequestContext('r', budgetMs), work);

  /** Nobody is left in the middle of something: no transaction, no connection that does not come back. */
  async function expectNothingLeftOpen(): Promise<void> {
    await eventually('all connections are back', () => bin.poolUse().used === 0 && asterisk.poolUse().used === 0);
    const names = [app.bin.name, app.asterisk.name];
    await eventually('no transaction is open', async () => {
      const rows = await app.bin.rows(
        `SELECT t.trx_id FROM information_schema.innodb_trx t
           JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id WHERE p.db IN (?, ?)`,
        names,
      );
      return rows.length === 0;
    });
  }

  it.each([
    ['recordCommitsFirst', ['bin', 'asterisk']],
    ['loginCommitsFirst', ['asterisk', 'bin']],
  ] as const)('%s commits %j in this order', async (method, order) => {
    await transactions[method]('op', async (open) => {
      await write(open.bin, 3);
      await write(open.asterisk, 3);
    });
    expect(reached).toEqual([...order.map((name) => `op:before-commit-${name}`), 'op:committed']);
    expect(await counts(3)).toEqual([1, 1]);
    await expectNothingLeftOpen();
  });

  describe('work after the commit', () => {
    const done: string[] = [];
    const note = (manager: EntityManager, name = 'done'): void =>
      afterCommit(manager, async () => {
        await expectNothingLeftOpen();
        done.push(name);
      });
    beforeEach(() => (done.length = 0));

    it.each(['recordCommitsFirst', 'loginCommitsFirst'] as const)(
      'of %s is done once, with no connection held, before the caller goes on',
      async (method) => {
        let tries = 0;
        await transactions[method]('op', (open) => {
          note(open.asterisk, 'one');
          note(open.asterisk, 'other');
          if (++tries === 1) throw Object.assign(new Error('deadlock'), { errno: 1213 });
          return Promise.resolve();
        });
        expect(tries).toBe(2);
        expect(done.toSorted()).toEqual(['one', 'other']);
      },
    );

    it('of a transaction on one database is done too', async () => {
      await transactions.asterisk((manager) => {
        note(manager);
        return Promise.resolve();
      });
      expect(done).toEqual(['done']);
    });

    it('is not done after a rollback, nor by the next transaction on the same connection', async () => {
      const failing = transactions.recordCommitsFirst('op', ({ asterisk: manager }) => {
        note(manager);
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      for (let n = 0; n < POOL_SIZE; n++) await transactions.recordCommitsFirst('op', () => Promise.resolve());
      expect(done).toEqual([]);
    });

    it('is done when the outcome of a commit is not known', async () => {
      const broken = new Transactions(
        bin,
        asterisk,
        new Watched((name) => {
          if (name === 'op:before-commit-bin') throw new Error('the process lost its connection');
        }),
      );
      const uncertain = broken.loginCommitsFirst('op', ({ asterisk: manager }) => {
        note(manager);
        return Promise.resolve();
      });
      await expect(uncertain).rejects.toBeInstanceOf(UncertainOutcome);
      await eventually('the work being done', () => done.length === 1);
    });
  });

  it.each(['before', 'between', 'after'])('a failure %s the statements leaves nothing', async (when) => {
    const failing = transactions.recordCommitsFirst('op', async (open) => {
      if (when === 'before') throw new Error('failed');
      await write(open.bin, 3);
      if (when === 'between') throw new Error('failed');
      await write(open.asterisk, 3);
      throw new Error('failed');
    });
    await expect(failing).rejects.toThrow('failed');
    expect(await counts(3)).toEqual([0, 0]);
    await expectNothingLeftOpen();
  });

  it('a failed statement leaves nothing, and says what failed', async () => {
    const failing = transactions.recordCommitsFirst('op', async (open) => {
      await write(open.bin, 3);
      await open.asterisk.query('INSERT INTO notes VALUES (1, NULL)');
    });
    await expect(failing).rejects.toMatchObject({ driverError: { errno: 1062 } });
    expect(await counts(3)).toEqual([0, 0]);
  });

  it.each([
    ['recordCommitsFirst', 'op:before-commit-asterisk', [1, 0]],
    ['loginCommitsFirst', 'op:before-commit-bin', [0, 1]],
  ] as const)(
    '%s says that the outcome is uncertain when only the first commit went through',
    async (method, at, left) => {
      const milestones = new Watched((name) => {
        if (name === at) throw new Error('the connection was lost');
      });
      const failing = new Transactions(bin, asterisk, milestones)[method]('op', async (open) => {
        await write(open.bin, 3);
        await write(open.asterisk, 3);
      });
      await expect(failing).rejects.toBeInstanceOf(UncertainOutcome);
      expect(await counts(3)).toEqual(left);
      await expectNothingLeftOpen();
    },
  );

  it.each(['bin', 'removalFromBin'] as const)(
    '%s says that the outcome is uncertain when the time ends before the end of its COMMIT is seen',
    async (method) => {
      class Silent extends Milestones {
        reached(name: string): Promise<void> {
          return name === 'bin:committed' ? new Promise(() => undefined) : Promise.resolve();
        }
      }
      const failing = within(300, () =>
        new Transactions(bin, asterisk, new Silent())[method]((manager) => write(manager, 3)),
      );
      await expect(failing).rejects.toBeInstanceOf(UncertainOutcome);
      expect((await counts(3))[0]).toBe(1);
      await expectNothingLeftOpen();
    },
  );

  it('a deadlock restarts the whole work from BEGIN', async () => {
    const runs = [0, 0];
    let arrived = 0;
    let open: () => void = () => undefined;
    const bothAreIn = new Promise<void>((resolve) => (open = resolve));
    const crossing = (which: 0 | 1, first: number, second: number): Promise<void> =>
      transactions.bin(async (manager) => {
        runs[which]!++;
        await write(manager, 10 + which, `run ${runs[which]}`);
        await write(manager, first);
        if (++arrived === 2) open();
        await bothAreIn;
        await write(manager, second);
      });
    await Promise.all([crossing(0, 1, 2), crossing(1, 2, 1)]);
    expect(runs.sort()).toEqual([1, 2]);
    expect(await app.bin.rows('SELECT text FROM notes WHERE id IN (10, 11) ORDER BY text')).toEqual([
      { text: 'run 1' },
      { text: 'run 2' },
    ]);
    await expectNothingLeftOpen();
  });

  it('a row that stays locked is answered 503 within the budget, with the first error as its cause', async () => {
    await bin.withRunner(async (holder) => {
      await holder.startTransaction();
      await write(holder.manager, 1, 'held');
      const startedAt = Date.now();
      const failing = within(2_000, () => transactions.bin((manager) => write(manager, 1)));
      await expect(failing).rejects.toMatchObject({
        status: 'UNAVAILABLE',
        message: expect.stringContaining('rows are locked') as string,
        cause: { driverError: { errno: 1205 } },
      });
      expect(Date.now() - startedAt).toBeLessThan(2_400);
      await holder.rollbackTransaction();
    });
    await expectNothingLeftOpen();
  });

  it.each(['recordCommitsFirst', 'loginCommitsFirst'] as const)(
    '%s begins no commit that the time left may cut in two',
    async (method) => {
      const failing = within(150, () =>
        transactions[method]('op', async (open) => {
          await write(open.bin, 3);
          await write(open.asterisk, 3);
        }),
      );
      await expect(failing).rejects.toMatchObject({ status: 'UNAVAILABLE', reason: 'UNAVAILABLE' });
      expect(reached).toEqual([]);
      await expectNothingLeftOpen();
      expect(await counts(3)).toEqual([0, 0]);
    },
  );

  it('a deadline cuts the connection, the server rolls back, and the pool recovers', async () => {
    for (let n = 0; n < POOL_SIZE + 1; n++) {
      const failing = within(150, () =>
        transactions.bin(async (manager) => {
          await write(manager, 3);
          await manager.query('SELECT SLEEP(20)');
        }),
      );
      await expect(failing).rejects.toMatchObject({ status: 'UNAVAILABLE' });
    }
    await expectNothingLeftOpen();
    expect(await counts(3)).toEqual([0, 0]);
    await expect(transactions.bin((manager) => write(manager, 3))).resolves.toBeDefined();
  });

  it.each(['bin', 'asterisk'] as const)(
    'a deadline while %s is slow leaves neither database in a transaction',
    async (slow) => {
      for (let n = 0; n < 6; n++) {
        const failing = within(100 + n, () =>
          transactions.recordCommitsFirst('op', async (open) => {
            await write(open.bin, 3);
            await write(open.asterisk, 3);
            await open[slow].query('SELECT SLEEP(20)');
          }),
        );
        await expect(failing).rejects.toMatchObject({ status: 'UNAVAILABLE' });
        // What a connection that came back half way would commit for its next user.
        await bin.read((manager) => manager.query('SELECT 1'));
        await transactions.bin((manager) => write(manager, 1));
      }
      await expectNothingLeftOpen();
      expect(await counts(3)).toEqual([0, 0]);
    },
  );

  it('work that is given up never leaves its transaction to the next user of the connection', async () => {
    const failing = bin.withRunner(async (runner) => {
      await runner.startTransaction();
      await write(runner.manager, 3);
      throw new Error('given up');
    });
    await expect(failing).rejects.toThrow('given up');
    await Promise.all(Array.from({ length: POOL_SIZE }, () => transactions.bin((manager) => write(manager, 1))));
    expect(await counts(3)).toEqual([0, 0]);
    await expectNothingLeftOpen();
  });

  it('20 at once pass through a pool of four', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        transactions.recordCommitsFirst('op', async (open) => {
          await write(open.bin, 100 + n);
          await write(open.asterisk, 100 + n);
        }),
      ),
    );
    expect(await app.bin.count('notes', 'id >= 100')).toBe(20);
    expect(await app.asterisk.count('notes', 'id >= 100')).toBe(20);
    await expectNothingLeftOpen();
  });

  it('a pool with nothing to lend is answered 503 in time, and works again after', async () => {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const holders = Array.from({ length: POOL_SIZE }, () => bin.withRunner(() => ended));
    await eventually('the pool is empty', () => bin.poolUse().used === POOL_SIZE);
    const startedAt = Date.now();
    const waiting = within(200, () => bin.ping());
    await expect(waiting).rejects.toMatchObject({ status: 'UNAVAILABLE' });
    expect(Date.now() - startedAt).toBeLessThan(1_500);
    end();
    await Promise.all(holders);
    await bin.ping();
    await expectNothingLeftOpen();
  });

  it('every connection reads what is committed, waits a second for a lock, and is in UTC', async () => {
    const settings = await Promise.all(
      Array.from({ length: POOL_SIZE }, () =>
        bin.read((manager) =>
          manager.query<Record<string, unknown>[]>(
            `SELECT @@session.innodb_lock_wait_timeout AS wait, @@session.time_zone AS zone, SLEEP(0.05) AS slept,
               (SELECT variable_value FROM information_schema.session_variables
                 WHERE variable_name IN ('tx_isolation', 'transaction_isolation') LIMIT 1) AS isolation`,
          ),
        ),
      ),
    );
    for (const [row] of settings) expect(row).toMatchObject({ wait: 1, zone: '+00:00', isolation: 'READ-COMMITTED' });
  });
});

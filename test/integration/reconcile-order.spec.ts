import { randomUUID } from 'node:crypto';
import { Cache } from '../../src/platform/cache/cache';
import { tryHold } from '../../src/platform/database/lock/named-lock';
import { parseDsn } from '../../src/platform/database/source/dsn';
import type { RunSeries } from '../../src/reconcile/position.store';
import type { Difference, ReconcileReport } from '../../src/reconcile/drift';
import type { RunOptions } from '../../src/reconcile/reconcile.run';
import { ReconcileService } from '../../src/reconcile/reconcile.service';
import { Application } from '../support/application';
import { eventually } from '../support/conditions';
import { uuidToBinary } from '../support/database';
import { BASE_DOMAIN_EXTENSION } from '../support/world';

let application: Application;

beforeEach(async () => {
  application = await Application.open();
});
afterEach(async () => {
  await application.close();
});

interface Planted {
  readonly id: string;
  readonly login: string;
}

/** A living extension with all its rows. */
async function plant(
  number: string,
  customer = randomUUID(),
  realm = `${customer}.${BASE_DOMAIN_EXTENSION}`,
): Promise<Planted> {
  const [id, login] = [randomUUID(), `${number}@${realm}`];
  await application.bin.run(
    `INSERT INTO registrar_extensions (id, customer_id, extension, username, password, realm, endpoint_id, aor_id, auth_id, tm_create)
     VALUES (?, ?, ?, ?, 'p;1', ?, ?, ?, ?, NOW(6))`,
    [uuidToBinary(id), uuidToBinary(customer), number, number, realm, login, login, login],
  );
  await application.bin.run(
    `INSERT INTO registrar_sip_auths (id, reference_type, auth_types, realm, username, password, allowed_ips)
     VALUES (?, 'extension', '["basic"]', ?, ?, 'p;1', '[]')`,
    [uuidToBinary(id), realm, number],
  );
  await application.asterisk.run('INSERT INTO ps_aors (id, max_contacts) VALUES (?, 3)', [login]);
  await application.asterisk.run(
    "INSERT INTO ps_auths (id, auth_type, username, password, realm) VALUES (?, 'userpass', ?, 'p^3B1', ?)",
    [login, number, realm],
  );
  await application.asterisk.run('INSERT INTO ps_endpoints (id, aors, auth) VALUES (?, ?, ?)', [login, login, login]);
  await application.asterisk.run('INSERT INTO ps_contacts (id, endpoint) VALUES (?, ?)', [`${login}^3B@x`, login]);
  return { id, login };
}

async function reconcile(
  options: Partial<RunOptions> = {},
): Promise<{ differences: Difference[]; report: ReconcileReport }> {
  const differences: Difference[] = [];
  const report = await application.module.get(ReconcileService).run({
    dryRun: false,
    ...options,
    onDifference: (difference) => {
      differences.push(difference);
      options.onDifference?.(difference);
    },
  });
  return { differences, report };
}

const NUMBERS = ['10', '9', '_x', 'B', 'c', 'ä', 'z', '+49', '2-1', 'Z1'];

it.each(['utf8mb4_bin', 'utf8mb4_unicode_520_ci', 'latin1_swedish_ci'])(
  'finds the same where the tables of Asterisk sort by %s',
  async (collation) => {
    const customer = randomUUID();
    const planted: Planted[] = [];
    for (const number of NUMBERS) planted.push(await plant(number, customer));
    const charset = collation.split('_', 1).join();
    for (const table of ['ps_aors', 'ps_auths', 'ps_endpoints', 'ps_contacts'])
      await application.asterisk.run(`ALTER TABLE ${table} CONVERT TO CHARACTER SET ${charset} COLLATE ${collation}`);
    await application.asterisk.run(
      `ALTER TABLE ps_contacts MODIFY endpoint VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`,
    );
    expect((await reconcile({ dryRun: true })).differences).toEqual([]);

    const [lost, changed] = [planted[2]?.login ?? '', planted[7]?.login ?? ''];
    await application.asterisk.run('DELETE FROM ps_aors WHERE id = ?', [lost]);
    await application.asterisk.run("UPDATE ps_auths SET password = 'other' WHERE id = ?", [changed]);
    const orphan = `0@${randomUUID()}.${BASE_DOMAIN_EXTENSION}`;
    await application.asterisk.run('INSERT INTO ps_endpoints (id) VALUES (?)', [orphan]);
    await application.asterisk.run('INSERT INTO ps_contacts (id, endpoint) VALUES (?, ?)', ['stray', `1${orphan}`]);
    const { differences } = await reconcile();
    const byKind = differences.map(({ kind, id }) => `${kind} ${id}`).sort();
    expect(byKind).toEqual(
      [
        `contact_without_login 1${orphan}`,
        `login_differs ${planted[7]?.id}`,
        `login_missing ${planted[2]?.id}`,
        `login_without_record ${orphan}`,
      ].sort(),
    );
    expect((await reconcile()).differences).toEqual([]);
  },
  60_000,
);

it('reads records below an earlier base domain, and records whose auth and AOR have ids of their own', async () => {
  const customer = randomUUID();
  const { id: former, login } = await plant('1', customer, `${customer}.earlier.example.org`);
  const { id: unusual, login: endpoint } = await plant('2');
  const [auth, aor] = [`auth-${endpoint}`, `aor-${endpoint}`];
  await application.bin.run('UPDATE registrar_extensions SET auth_id = ?, aor_id = ? WHERE id = ?', [
    auth,
    aor,
    uuidToBinary(unusual),
  ]);
  await application.asterisk.run('UPDATE ps_auths SET id = ? WHERE id = ?', [auth, endpoint]);
  await application.asterisk.run('UPDATE ps_aors SET id = ? WHERE id = ?', [aor, endpoint]);
  await application.asterisk.run('UPDATE ps_endpoints SET aors = ?, auth = ? WHERE id = ?', [aor, auth, endpoint]);
  expect((await reconcile()).differences).toEqual([]);

  await application.asterisk.run('DELETE FROM ps_endpoints WHERE id = ?', [login]);
  await application.asterisk.run("UPDATE ps_auths SET realm = 'x' WHERE id = ?", [auth]);
  const { differences } = await reconcile();
  expect(Object.fromEntries(differences.map(({ id, what }) => [id, what]))).toEqual({
    [former]: ['endpoint'],
    [unusual]: ['auth.realm'],
  });
  expect(await application.asterisk.count('ps_auths')).toBe(2);
});

describe('an interrupted run', () => {
  beforeEach(() => {
    application.module.get(Cache).start(() => []);
  });

  /** Ends at the first difference. */
  async function interrupted(dryRun: boolean, series: RunSeries = 'service'): Promise<void> {
    const stop = new AbortController();
    const run = reconcile({
      dryRun,
      series,
      signal: stop.signal,
      onDifference: () => stop.abort(new Error('stop')),
    });
    await expect(run).rejects.toThrow('stop');
  }

  it.each([false, true])(
    'goes on where it was, and reports the whole (dry run: %s)',
    async (dryRun) => {
      await eventually('Redis', () => application.module.get(Cache).isUp);
      for (const number of ['1', '2', '3', '4']) await plant(number);
      await application.asterisk.run('DELETE FROM ps_auths');
      await interrupted(dryRun);

      let continued = 0;
      const options = { dryRun, series: 'service', onContinue: () => continued++ } as const;
      // A run of the other kind has a place of its own.
      if (!dryRun) {
        const other = await reconcile({ ...options, dryRun: true });
        expect([other.report.found.login_missing, continued]).toEqual([3, 0]);
      }
      const { differences, report } = await reconcile(options);
      expect(continued).toBe(1);
      expect(differences).toHaveLength(3);
      expect(report).toMatchObject({ extensions: 4, failed: 0 });
      expect(report.found.login_missing).toBe(4);
      // A run that came to its end leaves nothing to go on with.
      await reconcile(options);
      expect(continued).toBe(1);
    },
    60_000,
  );

  it('by hand leaves its place to the next, unless another such run was at work', async () => {
    await eventually('Redis', () => application.module.get(Cache).isUp);
    for (const number of ['1', '2']) await plant(number);
    await application.asterisk.run('DELETE FROM ps_auths');
    let continued = 0;
    const options = { dryRun: true, series: 'command', onContinue: () => continued++ } as const;
    const lock = await tryHold(parseDsn(application.bin.dsn()), 'reconcile.dry-run');
    await interrupted(true, 'command');
    await lock?.release();
    await reconcile(options);
    expect(continued).toBe(0);
    await interrupted(true, 'command');
    const other = await tryHold(parseDsn(application.bin.dsn()), 'reconcile.dry-run');
    await reconcile(options);
    expect(continued).toBe(0);
    await other?.release();
    await reconcile(options);
    expect(continued).toBe(1);
  }, 60_000);

  it('begins at the start when told to', async () => {
    await eventually('Redis', () => application.module.get(Cache).isUp);
    for (const number of ['1', '2']) await plant(number);
    await application.asterisk.run('DELETE FROM ps_auths');
    await interrupted(true);
    let continued = 0;
    const options = { dryRun: true, series: 'service', onContinue: () => continued++ } as const;
    expect((await reconcile({ ...options, fromStart: true })).differences).toHaveLength(2);
    expect(continued).toBe(0);
  }, 60_000);
});

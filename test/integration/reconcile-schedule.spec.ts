import { randomUUID } from 'node:crypto';
import type { TestingModule } from '@nestjs/testing';
import { ExtensionWriter } from '../../src/extension/extension.writer';
import { CreateExtensionDto, type ExtensionReply } from '../../src/extension/extension.dto';
import { Cache } from '../../src/platform/cache/cache';
import { Config } from '../../src/platform/config/config';
import { AsteriskDatabase, BinDatabase } from '../../src/platform/database/source/databases';
import { SchemaGuard } from '../../src/platform/database/schema/schema-guard';
import { Log } from '../../src/platform/observability/log/logger';
import { parseDsn } from '../../src/platform/database/source/dsn';
import { tryHold } from '../../src/platform/database/lock/named-lock';
import { RequestContext, runInContext } from '../../src/platform/observability/request-context';
import { ExtensionLogin } from '../../src/extension/extension.login';
import { TrunkLogin } from '../../src/trunk/trunk.login';
import { RepairRequests } from '../../src/platform/database/saving/repair-requests';
import { ReconcileSchedule } from '../../src/reconcile/reconcile.schedule';
import { ReconcileService } from '../../src/reconcile/reconcile.service';
import { Application } from '../support/application';
import { eventually } from '../support/conditions';
import { BASE_DOMAIN_EXTENSION } from '../support/world';

let application: Application;
let extension: ExtensionReply;

beforeEach(async () => {
  application = await Application.open({ environment: { RECONCILE_INTERVAL_SECONDS: '1' } });
  const request = { customerId: randomUUID(), extension: '1', password: 'p', domainId: randomUUID() };
  extension = await application.module
    .get(ExtensionWriter)
    .create(Object.assign(new CreateExtensionDto(), { ...request, name: '', detail: '' }));
});
afterEach(async () => {
  await application.close();
});

function gate(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((open) => (resolve = open));
  return { promise, resolve };
}

const damage = (): Promise<void> => application.asterisk.run('DELETE FROM ps_auths');
const isWhole = async (): Promise<boolean> => (await application.asterisk.count('ps_auths')) === 1;

function watch(replica: TestingModule, running: Set<TestingModule>, done: TestingModule[], together: number[]): void {
  const reconcile = replica.get(ReconcileService, { strict: false });
  const run = reconcile.run.bind(reconcile);
  jest.spyOn(reconcile, 'run').mockImplementation(async (options) => {
    running.add(replica);
    together.push(running.size);
    try {
      return await run(options);
    } finally {
      running.delete(replica);
      done.push(replica);
    }
  });
}

it('runs at start and from time to time, on one replica at a time', async () => {
  await damage();
  const first = await application.start(true);
  await eventually('the repair at start', isWhole);
  const second = await application.start(true);
  const [running, done, together] = [new Set<TestingModule>(), [] as TestingModule[], [] as number[]];
  for (const replica of [first, second]) watch(replica, running, done, together);
  for (let round = 0; round < 2; round++) {
    await damage();
    await eventually('a repair by the timer', isWhole);
  }
  await eventually('runs of both', () => done.length > 4 && new Set(done).size === 2);
  expect(Math.max(...together)).toBe(1);
}, 40_000);

it('waits while another replica compares', async () => {
  const lock = await tryHold(parseDsn(application.bin.dsn()), 'reconcile');
  expect(lock).toBeDefined();
  expect(await tryHold(parseDsn(application.bin.dsn()), 'reconcile')).toBeUndefined();
  await damage();
  const replica = await application.start(true);
  const run = jest.spyOn(replica.get(ReconcileService, { strict: false }), 'run');
  await lock?.release();
  await eventually('the repair once the lock is free', isWhole);
  expect(run).toHaveBeenCalled();
}, 30_000);

it('runs from the start, at once, after a run that was continued', async () => {
  const replica = await application.start(false, { RECONCILE_INTERVAL_SECONDS: '0' });
  const cache = replica.get(Cache, { strict: false });
  cache.start(() => []);
  await eventually('Redis', () => cache.isUp);
  const reconcile = replica.get(ReconcileService, { strict: false });
  const stop = new AbortController();
  await damage();
  const onDifference = (): void => stop.abort(new Error('stop'));
  const options = { dryRun: false, series: 'service', signal: stop.signal, onDifference } as const;
  await expect(reconcile.run(options)).rejects.toThrow('stop');
  // Behind the place of the interrupted run, which has read this table.
  await damage();
  const run = jest.spyOn(reconcile, 'run');
  const parts = [Config, ReconcileService, SchemaGuard, BinDatabase, Log].map((part) =>
    replica.get<unknown>(part, { strict: false }),
  );
  const schedule = Reflect.construct(ReconcileSchedule, parts) as ReconcileSchedule;
  schedule.onApplicationBootstrap();
  await eventually('the repair', isWhole);
  await schedule.beforeApplicationShutdown();
  expect(run).toHaveBeenCalledTimes(2);
}, 30_000);

it('ends in the middle of a run when the service stops', async () => {
  const orphan = `9@${randomUUID()}.${BASE_DOMAIN_EXTENSION}`;
  await application.asterisk.run('INSERT INTO ps_endpoints (id) VALUES (?)', [orphan]);
  const replica = await application.start(true);
  const startedAt = Date.now();
  await application.stop(replica);
  expect(Date.now() - startedAt).toBeLessThan(3_000);
  expect(await application.asterisk.count('ps_endpoints', 'id = ?', [orphan])).toBe(1);
}, 30_000);

it('settles a half-done change without a timer, as soon as its rows are free', async () => {
  const replica = await application.start(true);
  // No timer helps: only the request may bring the repair.
  const lock = await eventually('the lock', async () => tryHold(parseDsn(application.bin.dsn()), 'reconcile'));
  const asterisk = replica.get(AsteriskDatabase, { strict: false });
  try {
    const locked = gate();
    const release = gate();
    const holding = asterisk.withRunner(async (runner) => {
      await runner.startTransaction();
      await runner.query('SELECT id FROM ps_aors FOR UPDATE');
      locked.resolve();
      await release.promise;
      await runner.rollbackTransaction();
    });
    await locked.promise;
    await damage();
    const requests = replica.get(RepairRequests, { strict: false });
    // As it comes: from a request whose time is over.
    const extensions = replica.get(ExtensionLogin, { strict: false });
    const trunks = replica.get(TrunkLogin, { strict: false });
    const [noExtension, noTrunk] = [randomUUID(), randomUUID()];
    runInContext(new RequestContext('late', 0), () =>
      requests.request({ kind: 'extension', id: extension.id, align: () => extensions.align(extension.id) }),
    );
    requests.request({ kind: 'extension', id: noExtension, align: () => extensions.align(noExtension) });
    requests.request({ kind: 'trunk', id: noTrunk, align: () => trunks.align(noTrunk) });
    expect(await isWhole()).toBe(false);
    release.resolve();
    await holding;
    await eventually('the repair', isWhole);
  } finally {
    await lock.release();
  }
}, 40_000);

it('holds up the end of the service for a bounded time, whatever it waits for', async () => {
  const replica = await application.start(false, { RECONCILE_INTERVAL_SECONDS: '0' });
  const reconcile = replica.get(ReconcileService, { strict: false });
  const run = jest.spyOn(reconcile, 'run').mockReturnValue(new Promise(() => undefined));
  const parts = [Config, ReconcileService, SchemaGuard, BinDatabase, Log].map((part) =>
    replica.get<unknown>(part, { strict: false }),
  );
  const schedule = Reflect.construct(ReconcileSchedule, parts) as ReconcileSchedule;
  schedule.onApplicationBootstrap();
  await eventually('the run', () => run.mock.calls.length === 1);
  const startedAt = Date.now();
  await schedule.beforeApplicationShutdown();
  expect(Date.now() - startedAt).toBeLessThan(7_000);
}, 30_000);

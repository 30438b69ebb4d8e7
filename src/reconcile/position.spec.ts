import { Digest } from './digest';
import { noDrift, type DriftKind } from './drift';
import type { Cache } from '../platform/cache/cache';
import type { Config } from '../platform/config/config';
import { PositionStore } from './position.store';
import { positionOf, VERSION, type Position } from './position';
import { ReconcileRun } from './reconcile.run';

const NOW = 1_767_225_600_000;

describe('a position', () => {
  const sums = new Digest();
  sums.suspect('x');
  const position = {
    version: VERSION,
    runId: 'r',
    step: 'read ps_auths',
    after: 'x',
    rows: 7,
    counts: { extensions: 1, trunks: 2, foreign: 3, failed: 4 },
    found: noDrift(),
    repaired: noDrift(),
    elapsedMs: 5,
    startedAt: NOW - 3_599_999,
    savedAt: NOW - 6,
    unusualIds: ['y'],
    digest: sums.toText(),
  };
  const read = (value: unknown): ReturnType<typeof positionOf> => positionOf(JSON.parse(JSON.stringify(value)), NOW);

  it('is read as it was written, with its digest', () => {
    const found = read(position);
    expect(found).toMatchObject(position);
    expect(found?.sums.differs('x')).toBe(true);
    expect(found?.sums.toText()).toEqual(position.digest);
  });

  it('is refused when any part is missing or of another kind', () => {
    for (const name of Object.keys(position))
      for (const other of [undefined, null, -1, 0.5, 'x', [], {}, [1]].filter(
        (value) =>
          !(name === 'runId' || name === 'step' || name === 'after'
            ? typeof value === 'string'
            : name === 'unusualIds' && Array.isArray(value) && value.length === 0),
      ))
        expect({ name, other, found: read({ ...position, [name]: other }) }).toEqual({ name, other, found: undefined });
    expect(read({ ...position, digest: { ...position.digest, sums: 'AAAA' } })).toBeUndefined();
    expect(read({ ...position, digest: { ...position.digest, multiplier: 2 } })).toBeUndefined();
    expect(read('position')).toBeUndefined();
  });

  it('is refused an hour after the run began, however late it was saved', () => {
    expect(read({ ...position, startedAt: NOW - 3_600_000, savedAt: NOW })).toBeUndefined();
  });

  it('is refused when it was saved in the future, or before the run began', () => {
    for (const times of [
      { savedAt: NOW + 1 },
      { savedAt: Number.MAX_SAFE_INTEGER },
      { startedAt: NOW, savedAt: NOW - 1 },
      { startedAt: NOW + 1, savedAt: NOW + 1 },
      { startedAt: 0 },
      { savedAt: 0 },
    ])
      expect(read({ ...position, ...times })).toBeUndefined();
    expect(read({ ...position, startedAt: NOW, savedAt: NOW })).toBeDefined();
  });
});

describe('the store of positions', () => {
  /** Redis that loses every removal. */
  const kept = new Map<string, unknown>();
  const cache = {
    isUp: true,
    keep: (key: string, value: unknown) => Promise.resolve(kept.set(key, JSON.parse(JSON.stringify(value)))),
    recall: (key: string) => Promise.resolve(kept.get(key)),
    discard: () => Promise.resolve(),
  } as unknown as Cache;
  const config = {
    databaseDsnBin: 'u:p@tcp(h:3306)/bin',
    databaseDsnAsterisk: 'u:p@tcp(h:3306)/asterisk',
    domainNameExtension: 'registrar.example.org',
    domainNameTrunk: 'trunk.example.org',
  } as Config;

  it('does not give the position of a run that this process has finished', async () => {
    const store = new PositionStore(cache, config);
    const key = { series: 'service', dryRun: false } as const;
    const [first, second] = [new ReconcileRun({ dryRun: false }), new ReconcileRun({ dryRun: false })];
    const save = (run: ReconcileRun): Promise<void> => store.save(key, run.position() as Position);
    await save(first);
    expect((await store.find(key))?.runId).toBe(first.id);
    await store.remove(key, first.id);
    expect(await store.find(key)).toBeUndefined();
    await save(second);
    expect((await store.find(key))?.runId).toBe(second.id);
    await save(new ReconcileRun({ dryRun: false }, await store.find(key)));
    expect((await store.find(key))?.runId).toBe(second.id);
  });
});

describe('a run', () => {
  it('no longer owns its position when its lock is lost', () => {
    const losing = new AbortController();
    const run = new ReconcileRun({ dryRun: false, lost: losing.signal });
    expect(run.ownsPosition).toBe(true);
    losing.abort();
    expect(run.ownsPosition).toBe(false);
  });

  const position = (): ReturnType<typeof positionOf> => {
    const run = new ReconcileRun({ dryRun: false });
    run.enter('read ps_auths');
    return positionOf(JSON.parse(JSON.stringify(run.position())));
  };

  it.each([false, true])(
    'counts each difference once when it is continued after a failure (dry run: %s)',
    async (dryRun) => {
      const run = new ReconcileRun({ dryRun });
      const find = (id: string, ...kinds: DriftKind[]): Promise<void> =>
        run.attempt('extension', id, () => Promise.resolve(kinds.map((kind) => ({ kind, what: [] }))));
      run.enter('compare registrar_extensions');
      await find('1', 'login_missing');
      await run.attempt('extension', '2', () => Promise.reject(new Error('failed')));
      await find('3', 'login_missing', 'open_account');
      expect(run.report()).toMatchObject({ failed: 1, found: { login_missing: 2, open_account: 1 } });
      // From 2 on, a run finds again what was not repaired.
      expect(run.position()).toMatchObject({
        after: '1',
        counts: { failed: 0 },
        found: { login_missing: dryRun ? 1 : 2, open_account: 0 },
        repaired: { login_missing: dryRun ? 0 : 2, open_account: 0 },
      });
      await run.passed('3', 3, 0);
      expect(run.position()).toMatchObject({
        after: '3',
        counts: { failed: 1 },
        found: { login_missing: 2, open_account: 1 },
      });
    },
  );

  it('ends a pause with the reason of its signal', async () => {
    const stop = new AbortController();
    const pausing = new ReconcileRun({ dryRun: false, signal: stop.signal }).pause(60_000);
    const reason = new Error('interrupted');
    stop.abort(reason);
    await expect(pausing).rejects.toBe(reason);
  });

  it('keeps the time at which the first run began, and is stuck until its place moves', async () => {
    const from = position();
    if (!from) throw new Error('no position');
    const startedAt = Date.now() - 1_800_000;
    const run = new ReconcileRun({ dryRun: false }, { ...from, startedAt });
    expect([run.position()?.startedAt, run.isStuck]).toEqual([startedAt, true]);
    run.enter('read ps_auths');
    expect(run.isStuck).toBe(true);
    await run.passed('x', 1, 0);
    expect(run.isStuck).toBe(false);
    expect(new ReconcileRun({ dryRun: false }).isStuck).toBe(false);
  });
});

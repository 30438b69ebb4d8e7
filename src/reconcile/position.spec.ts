import { Digest } from './digest';
import { noDrift } from './drift';
import { positionOf, VERSION } from './position';
import { ReconcileRun } from './reconcile.run';

const NOW = 1_767_225_600_000;

describe('a position', () => {
  const sums = new Digest();
  sums.suspect('x');
  const position = {
    version: VERSION,
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
          !(name === 'step' || name === 'after'
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
});

describe('a run', () => {
  const position = (): ReturnType<typeof positionOf> => {
    const run = new ReconcileRun({ dryRun: false });
    run.enter('read ps_auths');
    return positionOf(JSON.parse(JSON.stringify(run.position())));
  };

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

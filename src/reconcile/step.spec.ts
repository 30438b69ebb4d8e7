import { ReconcileRun } from './reconcile.run';
import { stepOf, walk, type Pass } from './step';

const GRACE_MS = 60_000;
const ids = Array.from({ length: 12_000 }, (_, at) => String(at).padStart(6, '0'));

interface Seen {
  readonly repaired: string[];
  /** The place of the run when it pauses for the grace, and the ids repaired before. */
  readonly graces: { after: string; rows: number; repaired: number }[];
  readonly rests: number[];
}

async function walked(isSuspect: (id: string, seen: Seen) => boolean): Promise<Seen> {
  const seen: Seen = { repaired: [], graces: [], rests: [] };
  const pass: Pass<string> = {
    subject: 'login',
    table: 'ps_endpoints',
    keys: 'text',
    graceMs: GRACE_MS,
    readChunk: (after = '', limit) => {
      const from = after === '' ? 0 : ids.indexOf(after) + 1;
      return Promise.resolve(ids.slice(from, from + limit));
    },
    suspectsAmong: (rows) => Promise.resolve(rows.filter((id) => isSuspect(id, seen))),
    repair: (id) => {
      seen.repaired.push(id);
      return Promise.resolve([]);
    },
  };
  const run = new ReconcileRun({ dryRun: false, share: 0.5 });
  run.pause = (ms) => {
    if (ms !== GRACE_MS) seen.rests.push(ms);
    else seen.graces.push({ ...positionOf(run), repaired: seen.repaired.length });
    return Promise.resolve();
  };
  const step = stepOf(pass);
  run.enter(step.name);
  await walk(step, run);
  return seen;
}

function positionOf(run: ReconcileRun): { after: string; rows: number } {
  const { after = '', rows = 0 } = run.position() ?? {};
  return { after, rows };
}

it('lets the suspects of many chunks wait together, with the place before the first of them', async () => {
  const seen = await walked((id) => id >= '002500' && id.endsWith('00'));
  expect(seen.graces).toEqual([{ after: '001999', rows: 2_000, repaired: 0 }]);
  expect(seen.repaired).toEqual(ids.filter((id) => id >= '002500' && id.endsWith('00')));
});

it('pauses once for every five thousand suspects, and goes on behind them', async () => {
  const seen = await walked(() => true);
  expect(seen.graces).toEqual([
    { after: '', rows: 0, repaired: 0 },
    { after: '004999', rows: 5_000, repaired: 5_000 },
    { after: '009999', rows: 10_000, repaired: 10_000 },
  ]);
  expect(seen.repaired).toEqual(ids);
});

it('leaves a suspect alone that is right after the pause', async () => {
  const seen = await walked((id, { graces }) => id === '000007' || (id === '000009' && graces.length === 0));
  expect(seen.repaired).toEqual(['000007']);
});

it('pauses for no table without suspects, and does not rest for the pause', async () => {
  expect((await walked(() => false)).graces).toEqual([]);
  const { rests } = await walked((id) => id === '000007');
  expect(rests).toHaveLength(12);
  expect(Math.max(...rests)).toBeLessThan(GRACE_MS / 2);
});

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { root, run, temporaryFolder } from './run';

const { percentile, median, medianRatio, regressions } = jest.requireActual<{
  percentile(values: readonly number[], share: number): number;
  median(values: readonly number[]): number;
  medianRatio(ones: readonly number[], others: readonly number[]): number;
  regressions(
    recorded: Record<string, number>,
    present: Record<string, number>,
    bound: number,
  ): { readonly name: string }[];
}>('../../scripts/bench/statistics.cjs');

interface Measured {
  readonly requests: number;
  readonly failures: number;
  readonly latencies: readonly number[];
}
type Send = (request: unknown) => Promise<unknown>;

const { closedLoop, openLoop, arrivals } = jest.requireActual<{
  closedLoop(send: Send, next: () => unknown, settings: { callers: number; seconds: number }): Promise<Measured>;
  openLoop(send: Send, next: () => unknown, settings: { rate: number; seconds: number }): Promise<Measured>;
  arrivals(rate: number, seconds: number, random: () => number): number[];
}>('../../scripts/bench/loops.cjs');

interface Subject {
  readonly id: string;
  readonly customer: string;
  readonly number: string;
  readonly password: string;
}
interface Prepared {
  text(own: unknown): string;
  values(own: unknown): unknown[];
}
const { placesOf, prepared } = jest.requireActual<{
  placesOf(subject: Subject): object;
  prepared(write: { subject: Subject; statements: { text: string; values: unknown[] }[] }): Prepared[];
}>('../../scripts/bench/statements.cjs');

const { shares, panels } = jest.requireActual<{
  shares(title: string, bars: readonly object[]): string;
  panels(title: string, all: readonly object[]): string;
}>('../../scripts/bench/plot.cjs');

interface Guarded {
  readonly commit: string;
  readonly machine: { readonly node: string; readonly cores: number };
  readonly ratios: Readonly<Record<string, number>>;
}
const { guardText } = jest.requireActual<{
  guardText(recorded: Guarded, present: Guarded): { readonly text: string; readonly hasFallen: boolean };
}>('../../scripts/bench/guard.cjs');

const numbers = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });

describe('figures', () => {
  it('a percentile is the lowest measured value that the share of the values does not exceed', () => {
    fc.assert(
      fc.property(numbers, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
        const found = percentile(values, share);
        const upTo = values.filter((value) => value <= found).length;
        const below = values.filter((value) => value < found).length;
        return values.includes(found) && upTo >= share * values.length && below < share * values.length;
      }),
    );
    expect(percentile([], 0.5)).toBeNaN();
  });

  it.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 10, 2], 3],
  ])('the median of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('a ratio is the median of the ratios of each round, not the ratio of the medians', () => {
    expect(medianRatio([10, 100, 30], [20, 100, 120])).toBe(0.5);
  });

  it('a ratio regresses when it is lower by more than the bound, or is not measured any more', () => {
    const recorded = { same: 0.5, better: 0.5, close: 0.5, worse: 0.5, gone: 0.5 };
    const present = { same: 0.5, better: 0.9, close: 0.41, worse: 0.39, none: 1 };
    expect(regressions(recorded, present, 0.2).map(({ name }) => name)).toEqual(['worse', 'gone']);
  });
});

describe('the guard', () => {
  const machine = { node: '24.21.0', cores: 2 };
  const recorded = { commit: 'abc1234', machine, ratios: { 'get: rate': 0.5, 'list: rate': 0.6 } };

  it('names the ratio that fell', () => {
    const { text, hasFallen } = guardText(recorded, { ...recorded, ratios: { 'get: rate': 0.49, 'list: rate': 0.2 } });
    expect(hasFallen).toBe(true);
    expect(text).toMatch(/FELL by more than .* since abc1234: list: rate$/);
    expect(text).not.toContain('abc1234: get');
  });

  it('is content when none fell, and says that the machine is another', () => {
    const { text, hasFallen } = guardText(recorded, { ...recorded, machine: { ...machine, cores: 8 } });
    expect(hasFallen).toBe(false);
    expect(text).toContain('Recorded with cores 2, now 8.');
  });
});

describe('load', () => {
  /** Serves one request at a time; one request takes long. */
  function stalling(longAt: number, longMs: number): Send {
    let last: Promise<unknown> = Promise.resolve();
    let count = 0;
    return () => (last = last.then(() => sleep(count++ === longAt ? longMs : 0)));
  }
  const request = (): unknown => ({});

  it('in a closed loop meets a stall once for each caller', async () => {
    const { latencies } = await closedLoop(stalling(20, 300), request, { callers: 1, seconds: 0.6 });
    expect(latencies.filter((latency) => latency > 200)).toHaveLength(1);
  });

  it('in an open loop meets a stall with every request that was due in it', async () => {
    const { latencies, requests } = await openLoop(stalling(20, 300), request, { rate: 200, seconds: 0.6 });
    expect(latencies).toHaveLength(requests);
    expect(latencies.filter((latency) => latency > 50).length).toBeGreaterThan(20);
  });

  it('counts failures apart, and ends when nothing is left to ask', async () => {
    let left = 10;
    const next = (): unknown => (left-- > 0 ? left : undefined);
    const send: Send = (n) => ((n as number) % 2 === 0 ? Promise.resolve() : Promise.reject(new Error('refused')));
    const { requests, failures, latencies } = await closedLoop(send, next, { callers: 3, seconds: 5 });
    expect({ requests, failures, answered: latencies.length }).toEqual({ requests: 10, failures: 5, answered: 5 });
  });

  it('arrives at random, in order, at the rate', () => {
    const times = arrivals(1_000, 20, Math.random);
    expect(Math.abs(times.length - 20_000)).toBeLessThan(1_000);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    expect(times.at(-1)).toBeLessThan(20_000);
  });
});

describe('a recorded statement', () => {
  const bytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');
  const subject = (n: number): Subject => ({
    id: randomUUID(),
    customer: randomUUID(),
    number: String(39_917_204 + n),
    password: `pw7134602${n}`,
  });
  const valuesOf = ({ id, customer, number, password }: Subject, time: string): unknown[] => [
    bytes(id),
    bytes(customer),
    `${number}@${customer}.registrar.example.org`,
    JSON.stringify({ id, password, tm_update: `${time.replace(' ', 'T')}Z` }),
    time,
    null,
    6,
    [bytes(id), 'extension_updated'],
  ];

  it('is repeated with the values of another subject, and another time', () => {
    const [recorded, other] = [subject(1), subject(2)];
    const text = 'UPDATE registrar_extensions SET tm_update = ? WHERE id = ?';
    const statements = [{ text, values: valuesOf(recorded, '2026-11-29 10:00:00.123456') }];
    const [statement] = prepared({ subject: recorded, statements });
    const now = '2026-12-01 11:22:33.000001';
    const own = { ...placesOf(other), 'time ': now, timeT: now.replace(' ', 'T') };
    expect(statement!.values(own)).toEqual(valuesOf(other, now));
    expect(statement!.text(own)).toBe(text);
  });
});

/** The names of elements, if every one is closed in order; throws otherwise. */
function elementsOf(svg: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  const outside = svg.replace(
    /<(\/?)(\w+)((?: [\w:-]+="[^"<>&]*(?:&(?:amp|lt|gt|quot);[^"<>&]*)*")*) *(\/?)>/g,
    (...match) => {
      const [, closes, name, , isEmpty] = match as [string, string, string, string, string];
      if (closes !== '' && open.pop() !== name) throw new Error(`</${name}> closes another element`);
      if (closes === '') names.push(name);
      if (closes === '' && isEmpty === '') open.push(name);
      return '';
    },
  );
  if (open.length > 0 || /[<>]|&(?!amp;|lt;|gt;|quot;)/.test(outside)) throw new Error('not well-formed');
  return names;
}

describe('a plot', () => {
  const hostile = '<"a" & b>';

  it('of shares has a bar for each, and is well-formed', () => {
    const bars = [0.2, 1.4].map((share) => ({ label: hostile, share, note: hostile, mark: 0.6 }));
    const names = elementsOf(shares(hostile, bars));
    expect(names.filter((name) => name === 'rect')).toHaveLength(1 + 2 * bars.length);
  });

  it('of lines has a line for each, and no place for a value that is not there', () => {
    const series = [
      [1, 10, 100],
      [NaN, 0.5, 2_000],
    ].map((values) => ({ name: hostile, values }));
    const svg = panels(hostile, [{ title: hostile, places: [1, 10, 50], series }]);
    expect(elementsOf(svg).filter((name) => name === 'polyline')).toHaveLength(2);
    expect(svg).not.toContain('NaN');
  });

  it('that is not well-formed is found', () => {
    for (const bad of ['<svg><text></svg>', '<svg>a & b</svg>', '<svg>']) expect(() => elementsOf(bad)).toThrow();
  });
});

it('docs/performance.md has the result that was recorded last', async () => {
  const { code, stderr } = await run(join(root, 'scripts/docs-tables.mjs'), []);
  expect([code, stderr]).toEqual([0, expect.stringContaining('docs/performance.md is current')]);
});

interface Row {
  readonly operation: string;
  readonly callers: number;
  readonly targets: Readonly<Record<string, { readonly perSecond: number; readonly requests: number }>>;
}
interface Result {
  readonly ratios: Readonly<Record<string, number>>;
  readonly closed: readonly Row[];
  readonly trips: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

describe('npm run bench', () => {
  const bench = join(root, 'scripts', 'bench.mjs');
  const tiny = ['--seconds', '0.05', '--rounds', '1'];

  it('measures everything beside its floors', async () => {
    const { dir, remove } = await temporaryFolder();
    try {
      expect(await run(bench, [...tiny, '--results', dir])).toMatchObject({ code: 0 });
      const files = readdirSync(dir).sort();
      expect(files.map((name) => name.replace(/^\d{4}-\d\d-\d\d-[\da-z+]+/, ''))).toEqual([
        '-latency.svg',
        '-rates.svg',
        '.json',
        '.md',
      ]);
      const [latency = '', rates = '', json = ''] = files.map((name) => join(dir, name));
      for (const plot of [latency, rates]) expect(elementsOf(readFileSync(plot, 'utf8')).length).toBeGreaterThan(20);
      const result = JSON.parse(readFileSync(json, 'utf8')) as Result;
      const answered = result.closed.filter(({ callers }) => callers === 1);
      expect(answered).toHaveLength(7);
      for (const { operation, targets } of answered)
        for (const [target, { perSecond }] of Object.entries(targets))
          expect([operation, target, perSecond > 0]).toEqual([operation, target, true]);
      expect(Object.values(result.ratios).every((ratio) => ratio > 0)).toBe(true);
      expect(result.trips['get, cached']).toEqual({ bin: 0, asterisk: 0, redis: 1, peers: 0 });
    } finally {
      await remove();
    }
  }, 600_000);

  it('has nothing to guard without a recorded result', async () => {
    const { dir, remove } = await temporaryFolder();
    const { code, stderr } = await run(bench, ['--quick', '--results', dir]);
    await remove();
    expect([code, stderr]).toEqual([1, expect.stringContaining('No result is recorded')]);
  });
});

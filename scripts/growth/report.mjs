// The results as text, and as files below bench/results.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup.mjs';

const RATIO_MAX = 1.2;
const READS_MIN = 0.8;
const COMPARED_MAX_S = 180;
const RECONCILE_MAX_MB = 50;
/** Two collections a few thousand requests apart differ by up to 1 MB: the map of remembered deliveries changes its size. */
export const GROWN_MAX_BYTES = 3_000_000;

const number = (value, digits = 2) => value.toFixed(digits);
const met = (is) => (is ? 'met' : 'not met');
const megabytes = (bytes) => number(bytes / 2 ** 20, 1);

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function latencies(rows, poolMegabytes) {
  const cells = rows.map(({ name, p50Small, p50Large, ratio }) => [
    name,
    number(p50Small),
    number(p50Large),
    number(ratio),
    met(ratio <= RATIO_MAX),
  ]);
  const head = ['operation', 'p50 small, ms', 'p50 large, ms', 'ratio', `at most ${RATIO_MAX}`];
  return `Median of one caller, buffer pool of ${poolMegabytes} MB for both sizes.\n\n${table(head, cells)}`;
}

function besideOf(what, reads) {
  const cells = reads.map(({ callers, alone, beside, share, failures }) => [
    `reads a second, ${callers} caller${callers === 1 ? '' : 's'}`,
    number(alone, 0),
    number(beside, 0),
    number(share),
    failures,
    met(share >= READS_MIN),
  ]);
  return table(['', 'alone', `beside the ${what}`, 'share', 'failures', `at least ${READS_MIN}`], cells);
}

function ofReconcile(one) {
  const { seconds, damaged, found, repaired, wentOn, secondsBefore, secondsAfter, longestSilence: silence } = one;
  const grown = one.peakMegabytes - one.idleMegabytes;
  const lines = [
    `Compared in ${number(seconds, 0)} s (${met(seconds <= COMPARED_MAX_S)}, at most ${COMPARED_MAX_S} s): ${found} differences, ${damaged} rows were damaged.`,
    `Resident ${number(one.idleMegabytes, 0)} MB after the start, ${number(one.peakMegabytes, 0)} MB at most (${met(grown <= RECONCILE_MAX_MB)}, at most ${RECONCILE_MAX_MB} MB more).`,
    `At most ${number(silence, 1)} s without a word on stderr.`,
    `Repaired ${repaired} in ${number(secondsBefore, 0)} s and, after an interruption, ${number(secondsAfter, 0)} s more; the second run ${wentOn ? 'went on where the first was' : 'began at the start'}.`,
  ];
  return `${lines.join(' ')}\n\n${besideOf('comparison', one.reads)}`;
}

function ofCascade({ extensions, seconds, events, rssMegabytes: rss, heapMegabytes: heap, failures, reads, of }) {
  const memory = [
    `RSS ${number(rss.start, 0)} MB at start, ${number(rss.peak, 0)} MB at most, ${number(rss.end, 0)} MB at the end`,
    `heap after a collection ${number(heap.start, 1)} MB before, ${number(heap.end, 1)} MB after`,
  ];
  const what = `${extensions} extensions of one customer deleted in ${number(seconds, 0)} s, with ${events} events; ${failures} reads beside it failed.`;
  const turns = `Readers alone and beside a cascade of ${of.extensions}, in ${of.turns} turns:`;
  return `${what} ${memory.join('; ')}.\n\n${turns}\n\n${besideOf('cascade', reads)}`;
}

function ofMillion({ requests, failures, seconds, points, grown }) {
  const cells = points.map((point) => [
    point.requests,
    megabytes(point.heapUsed),
    megabytes(point.external),
    megabytes(point.rss),
  ]);
  const what = `${requests} requests in ${number(seconds, 0)} s, ${failures} failed. In use after the last minus after the first part: ${Math.round(grown / 1024)} KB (${met(grown <= GROWN_MAX_BYTES)}, at most ${GROWN_MAX_BYTES / 1e6} MB).`;
  return `${what}\n\n${table(['requests', 'heap, MB', 'external, MB', 'RSS, MB'], cells)}`;
}

export function textOf({ latency, poolMegabytes, reconcile, cascade, million }) {
  const parts = [
    latency && `## Latency\n\n${latencies(latency, poolMegabytes)}`,
    reconcile && `## Reconcile\n\n${ofReconcile(reconcile)}`,
    cascade && `## Cascade\n\n${ofCascade(cascade)}`,
    million && `## Many requests\n\n${ofMillion(million)}`,
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

export function write(results) {
  const folder = join(root, 'bench', 'results', 'growth');
  const path = join(folder, `${new Date().toISOString().slice(0, 10)}-${results.poolMegabytes}mb`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${path}.json`, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(`${path}.md`, `# Growth\n\n${textOf(results)}`);
  return path;
}

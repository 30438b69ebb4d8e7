// The results as text, and as files below bench/results.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup.mjs';

const RATIO_MAX = 1.2;
const READS_MIN = 0.8;
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

function ofCascade({ extensions, seconds, events, rssMegabytes: rss, heapMegabytes: heap, reads }) {
  const cells = reads.map(({ callers, alone, beside, share, failures }) => [
    `reads a second, ${callers} caller${callers === 1 ? '' : 's'}`,
    number(alone, 0),
    number(beside, 0),
    number(share),
    failures,
    met(share >= READS_MIN),
  ]);
  const memory = [
    `RSS ${number(rss.start, 0)} MB at start, ${number(rss.peak, 0)} MB at most, ${number(rss.end, 0)} MB at the end`,
    `heap after a collection ${number(heap.start, 1)} MB before, ${number(heap.end, 1)} MB after`,
  ];
  const what = `${extensions} extensions of one customer deleted in ${number(seconds, 0)} s, with ${events} events.`;
  const head = ['', 'alone', 'beside the cascade', 'share', 'failures', `at least ${READS_MIN}`];
  return `${what} ${memory.join('; ')}.\n\n${table(head, cells)}`;
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

export function textOf({ latency, poolMegabytes, cascade, million }) {
  const parts = [
    latency && `## Latency\n\n${latencies(latency, poolMegabytes)}`,
    cascade && `## Cascade\n\n${ofCascade(cascade)}`,
    million && `## Many requests\n\n${ofMillion(million)}`,
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

export function write(results) {
  const folder = join(root, 'bench', 'results');
  const path = join(folder, `growth-${new Date().toISOString().slice(0, 10)}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${path}.json`, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(`${path}.md`, `# Growth\n\n${textOf(results)}`);
  return path;
}

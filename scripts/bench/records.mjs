// The recorded results in `bench/results/`.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup.mjs';
import { latencyPlot, ratesPlot } from './plot.cjs';
import { report } from './report.cjs';

export const RESULTS = join(root, 'bench/results');

const stemOf = ({ measuredAt, commit }) => `${measuredAt.slice(0, 10)}-${commit}`;
const plotsOf = (result, folder) => ({
  rates: `${folder}${stemOf(result)}-rates.svg`,
  latency: `${folder}${stemOf(result)}-latency.svg`,
});

/** Writes the result with its plots. Returns the path of its page. */
export function record(result, folder) {
  mkdirSync(folder, { recursive: true });
  const write = (ending, text) => writeFileSync(join(folder, `${stemOf(result)}${ending}`), text);
  write('.json', `${JSON.stringify(result, null, 1)}\n`);
  write('-rates.svg', ratesPlot(result));
  write('-latency.svg', latencyPlot(result));
  write('.md', `# Bench of ${stemOf(result)}\n\n${report(result, { plots: plotsOf(result, '') })}\n`);
  return join(folder, `${stemOf(result)}.md`);
}

/** The result that was measured last, if there is any. */
export function newest(folder = RESULTS) {
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const results = files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  return results.toSorted((a, b) => a.measuredAt.localeCompare(b.measuredAt)).at(-1);
}

/** The part of docs/performance.md that is made from the newest result. */
export function performancePart() {
  const result = newest();
  if (result === undefined) return 'No run is recorded.';
  return report(result, { plots: plotsOf(result, '../bench/results/'), level: '###' });
}

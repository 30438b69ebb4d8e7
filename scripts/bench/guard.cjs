'use strict';
// The guard of `--quick`: ratios now, beside those recorded last.
const { regressions } = require('./statistics.cjs');

/** On a busy machine runs of one build differ by as much and more: see docs/performance.md. */
const BOUND = 0.3;

function guardText(recorded, present) {
  const fallen = regressions(recorded.ratios, present.ratios, BOUND);
  const rows = Object.entries(recorded.ratios).map(([name, before]) => {
    const after = present.ratios[name];
    const cells = [before, after, after / before].map((value) => (value ?? NaN).toFixed(3).padStart(9));
    return `${name.padEnd(44)}${cells.join('')}`;
  });
  const head = `${''.padEnd(44)}${['recorded', 'now', 'change'].map((text) => text.padStart(9)).join('')}`;
  const verdict =
    fallen.length === 0
      ? `No ratio fell by more than ${100 * BOUND} % since ${recorded.commit}.`
      : fallen.map(({ name }) => `FELL by more than ${100 * BOUND} % since ${recorded.commit}: ${name}`).join('\n');
  const other = ['node', 'cores'].filter((fact) => recorded.machine[fact] !== present.machine[fact]);
  const warning = other.map(
    (fact) => `\nRecorded with ${fact} ${recorded.machine[fact]}, now ${present.machine[fact]}.`,
  );
  return { text: `${[head, ...rows].join('\n')}\n\n${verdict}${warning.join('')}`, hasFallen: fallen.length > 0 };
}

module.exports = { guardText, BOUND };

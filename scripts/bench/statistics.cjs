'use strict';

/** The value below or at which `share` of the values are: exact, by nearest rank. `NaN` when there is none. */
function percentile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted.length === 0 ? NaN : sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** Of an even number of values, the mean of the two in the middle. */
function median(values) {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median of the ratios of each round: two values of one round were measured next to each other. */
function medianRatio(ones, others) {
  return median(ones.map((one, round) => one / others[round]));
}

/** The ratios that are lower than the recorded ones by more than the bound, and those that are not there any more. */
function regressions(recorded, present, bound) {
  return Object.entries(recorded)
    .map(([name, before]) => ({ name, before, after: present[name] }))
    .filter(({ before, after }) => !(after >= before * (1 - bound)));
}

module.exports = { percentile, median, medianRatio, regressions };

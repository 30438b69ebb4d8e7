'use strict';
// The result of a run: medians of the rounds, and ratios within each round.
const { median, medianRatio } = require('./statistics.cjs');

const MEASURES = ['perSecond', 'p50', 'p99', 'p999', 'cpuMicroseconds', 'busy', 'lateP50', 'lateP99'];
const MEASURES_OF_SERVICE = ['lagMilliseconds', 'memoryMegabytes'];
const column = (rounds, measure) => rounds.map((round) => round[measure]);
const total = (rounds, measure) => column(rounds, measure).reduce((sum, value) => sum + value, 0);

function medians(rounds) {
  const known = [...MEASURES, ...MEASURES_OF_SERVICE].filter((measure) => rounds[0][measure] !== undefined);
  const values = Object.fromEntries(known.map((measure) => [measure, median(column(rounds, measure))]));
  return { ...values, requests: total(rounds, 'requests'), failures: total(rounds, 'failures') };
}

const sameLoad = (one, other) => one.operation === other.operation && one.callers === other.callers;

/** One row for each operation and number of callers: every target, and the service beside each other one. */
function rowsOf(parts) {
  const services = parts.filter(({ target }) => target === 'service');
  return services.map((service) => {
    const others = parts.filter((part) => sameLoad(part, service) && part.target !== 'service');
    const targets = Object.fromEntries([service, ...others].map(({ target, rounds }) => [target, medians(rounds)]));
    const compared = others.map(({ target, rounds }) => [
      target,
      {
        rate: medianRatio(column(service.rounds, 'perSecond'), column(rounds, 'perSecond')),
        p50: medianRatio(column(service.rounds, 'p50'), column(rounds, 'p50')),
        cpu: medianRatio(column(service.rounds, 'cpuMicroseconds'), column(rounds, 'cpuMicroseconds')),
      },
    ]);
    const { operation, callers } = service;
    return { operation, callers, targets, beside: Object.fromEntries(compared) };
  });
}

const openRow = ({ operation, target, share, rounds }) => ({
  operation,
  target,
  share,
  ...medians(rounds),
  spread: medianRatio(column(rounds, 'p99'), column(rounds, 'p50')),
});

/** What `--quick` guards. The higher, the better: so a latency is the other's beside the service's. */
function guarded(closed) {
  const ratios = {};
  for (const { operation, callers, beside } of closed) {
    if (callers === 50) ratios[`${operation}: rate beside its floor`] = beside.floor.rate;
    if (operation !== 'get') continue;
    if (callers === 50) ratios['get: rate beside the echo'] = beside.echo.rate;
    if (callers === 1) ratios['get: p50 of its floor beside the service'] = 1 / beside.floor.p50;
  }
  return ratios;
}

function resultOf({ closed, go, open, replicas, ready }, facts) {
  const rows = rowsOf(closed);
  return {
    ...facts,
    ratios: guarded(rows),
    closed: rows,
    ...(go && { go: rowsOf(go) }),
    ...(open && { open: open.map(openRow) }),
    ...(replicas && { replicas: rowsOf(replicas.shared) }),
    ...(replicas?.limited && { limitedReplicas: { cores: replicas.cores, rows: rowsOf(replicas.limited) } }),
    ...(ready && { secondsToReady: median(ready) }),
  };
}

module.exports = { resultOf };

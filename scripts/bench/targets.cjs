'use strict';
// What the service shall reach, as ratios within one run where a ratio is possible.

const at = (rows, operation, callers) => rows?.find((row) => row.operation === operation && row.callers === callers);
const rate = (operation, target) => (result) => at(result.closed, operation, 50)?.beside[target]?.rate;
const spread = (operation) => (result) =>
  result.open?.find((row) => row.operation === operation && row.target === 'service' && row.share === 0.8)?.spread;
const ofMix = (measure) => (result) => at(result.closed, 'mix', 50)?.targets.service[measure];

const least = (what, limit, unit, value) => ({ what, sign: '≥', limit, unit, value });
const most = (what, limit, unit, value) => ({ what, sign: '≤', limit, unit, value });
const writes = ['create', 'update', 'delete'];

const TARGETS = [
  least('get: rate beside the echo, 50 callers', 50, '%', rate('get', 'echo')),
  most('get: p50 beside echo + GET, 1 caller', 1.3, '×', (result) => at(result.closed, 'get', 1)?.beside.floor?.p50),
  least('list: rate beside echo + SELECT, 50 callers', 60, '%', rate('list', 'floor')),
  ...writes.map((name) => least(`${name}: rate beside its write floor, 50 callers`, 60, '%', rate(name, 'floor'))),
  ...['get', 'list', 'contacts'].map((name) => most(`${name}: p99 beside p50 at 80 % load`, 5, '×', spread(name))),
  ...writes.map((name) => most(`${name}: p99 beside p50 at 80 % load`, 4, '×', spread(name))),
  most('mix: p99 of the event loop delay, 50 callers', 20, 'ms', ofMix('lagMilliseconds')),
  most('resident memory after the mix', 150, 'MB', ofMix('memoryMegabytes')),
  most('start to ready, schema current', 1, 's', (result) => result.secondsToReady),
  least('mix: two replicas beside one, with a quarter of a core each', 1.7, '×', (result) => {
    const ratio = at(result.limitedReplicas?.rows, 'mix', 50)?.beside.pair?.rate;
    return ratio === undefined ? undefined : 1 / ratio;
  }),
];

/** A share is kept as a fraction and shown in percent. */
const shown = (value, unit) => (unit === '%' ? 100 * value : value);

function judged(result) {
  return TARGETS.map(({ what, sign, limit, unit, value }) => {
    const raw = value(result);
    if (!Number.isFinite(raw))
      return { what, target: `${sign} ${limit} ${unit}`, measured: undefined, isMet: undefined };
    const measured = shown(raw, unit);
    return {
      what,
      target: `${sign} ${limit} ${unit}`,
      measured,
      unit,
      isMet: sign === '≥' ? measured >= limit : measured <= limit,
    };
  });
}

module.exports = { judged };

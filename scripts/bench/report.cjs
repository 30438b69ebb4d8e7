'use strict';
// A result as Markdown.
const { judged } = require('./targets.cjs');

const FLOORS = {
  get: 'echo + GET',
  contacts: 'echo + GET',
  list: 'echo + SELECT',
  update: 'write floor',
  create: 'write floor',
  delete: 'write floor',
  mix: 'mix of the floors',
};

const number = (value, digits = 0) =>
  Number.isFinite(value)
    ? value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : '–';
const percent = (ratio) => (Number.isFinite(ratio) ? `${number(100 * ratio)} %` : '–');
const times = (ratio) => (Number.isFinite(ratio) ? `${number(ratio, 2)} ×` : '–');

function table(heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map((head, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function targets(result) {
  const answer = { true: 'yes', false: '**no**', undefined: 'not measured' };
  const rows = judged(result).map(({ what, target, measured, unit, isMet }) => [
    what,
    target,
    measured === undefined ? '–' : `${number(measured, unit === '%' || unit === 'MB' ? 0 : 2)} ${unit}`,
    answer[isMet],
  ]);
  return table(['target', 'wanted', 'measured', 'met'], rows);
}

function rates(rows) {
  const heads = ['operation', 'floor', 'service, req/s', 'floor', 'service / floor', 'echo', 'service / echo'];
  return table(
    heads,
    rows.map(({ operation, targets: { service, floor, echo }, beside }) => [
      operation,
      FLOORS[operation],
      number(service.perSecond),
      number(floor.perSecond),
      percent(beside.floor.rate),
      number(echo?.perSecond),
      percent(beside.echo?.rate),
    ]),
  );
}

function costs(rows) {
  const heads = [
    'operation',
    'CPU, service',
    'CPU, floor',
    'CPU, echo',
    'service / echo',
    'generator, service',
    'echo',
  ];
  return table(
    heads,
    rows.map(({ operation, targets: { service, floor, echo }, beside }) => [
      operation,
      ...[service, floor, echo].map((target) => `${number(target?.cpuMicroseconds)} µs`),
      times(beside.echo?.cpu),
      percent(service.busy),
      percent(echo?.busy),
    ]),
  );
}

function latencies(rows) {
  const heads = ['operation', 'callers', 'req/s', 'p50, ms', 'p99, ms', 'p99.9, ms', 'floor, p50', 'service / floor'];
  return table(
    heads,
    rows.map(({ operation, callers, targets: { service, floor }, beside }) => [
      operation,
      number(callers),
      number(service.perSecond),
      ...[service.p50, service.p99, service.p999, floor.p50].map((value) => number(value, 2)),
      times(beside.floor.p50),
    ]),
  );
}

function openLoads(rows) {
  const heads = [
    'operation',
    'of',
    'load',
    'req/s',
    'p50, ms',
    'p99, ms',
    'p99.9, ms',
    'p99 / p50',
    'sent late, p50, ms',
  ];
  return table(
    heads,
    rows.map(({ operation, target, share, perSecond, p50, p99, p999, spread, lateP50 }) => [
      operation,
      target,
      percent(share),
      number(perSecond),
      ...[p50, p99, p999].map((value) => number(value, 2)),
      times(spread),
      number(lateP50, 2),
    ]),
  );
}

function replicas(rows) {
  const heads = ['operation', 'one replica, req/s', 'two replicas, req/s', 'two / one'];
  return table(
    heads,
    rows.map(({ operation, targets: { service, pair }, beside }) => [
      operation,
      number(service.perSecond),
      number(pair.perSecond),
      times(1 / beside.pair.rate),
    ]),
  );
}

function trips(found) {
  const rows = Object.entries(found).map(([name, { bin, asterisk, redis, peers }]) => [
    name,
    bin,
    asterisk,
    redis,
    peers,
  ]);
  return table(['operation', 'packets, bin', 'packets, asterisk', 'Redis commands', 'requests to peers'], rows);
}

function failures({ closed, go = [], open = [], replicas: pairs = [], limitedReplicas: limited }) {
  const ofRows = [...closed, ...go, ...pairs, ...(limited?.rows ?? [])].flatMap(
    ({ operation, callers, targets: all }) =>
      Object.entries(all).map(([target, { failures: count, requests }]) => ({
        what: `${operation}, ${target}, ${callers} callers`,
        count,
        requests,
      })),
  );
  const ofLoads = open.map(({ operation, target, share, failures: count, requests }) => ({
    what: `${operation}, ${target}, at ${percent(share)} load`,
    count,
    requests,
  }));
  const failed = [...ofRows, ...ofLoads].filter(({ count }) => count > 0);
  if (failed.length === 0) return 'No request failed.';
  const rows = failed.map(({ what, count, requests }) => [what, number(count), number(requests)]);
  return `Requests that failed:\n\n${table(['part', 'failed', 'of'], rows)}`;
}

function facts({ measuredAt, commit, machine, settings, bytes }) {
  const { cores, processor, node, database, rabbitmq, redis } = machine;
  const sizes = Object.entries(bytes).map(([kind, count]) => `${kind} ${number(count)}`);
  return [
    `Commit ${commit}, ${measuredAt.slice(0, 10)}. ${cores} cores (${processor}) for everything: service, floors, servers and load generator.`,
    `Node ${node}, database ${database}, RabbitMQ ${rabbitmq}, Redis ${redis}.`,
    `${settings.rounds} rounds, ${settings.seconds} s a part, ${settings.openSeconds} s at a given load.`,
    `Bytes of a reply: ${sizes.join(', ')}.`,
  ].join('\n');
}

/** `plots` has the addresses of the plots, `level` the marks of a heading. */
function report(result, { plots, level = '##' }) {
  const { closed, go, open, replicas: pairs, limitedReplicas: limited } = result;
  const at50 = closed.filter(({ callers }) => callers === 50);
  const part = (title, ...texts) => [`${level} ${title}`, ...texts];
  const answer = [
    facts(result),
    ...part('Targets', targets(result)),
    ...part('Rates, 50 callers', rates(at50), `![rates beside the floors](${plots.rates})`),
    ...part(
      'CPU time of a request, 50 callers',
      costs(at50),
      '`generator` is the part of one core that the load generator uses while it asks the service, or the echo.',
    ),
    ...part('Latency, closed loop', latencies(closed), `![latency by callers](${plots.latency})`),
    ...(go ? part('Callers with a reply queue for each request, 50 callers', rates(go), latencies(go)) : []),
    ...(open ? part('Latency, open loop', openLoads(open)) : []),
    ...(pairs ? part('Two replicas, 50 callers', replicas(pairs)) : []),
    ...(limited ? part(`Two replicas, ${limited.cores} of a core each, 50 callers`, replicas(limited.rows)) : []),
    ...part('Trips of a request before its reply', trips(result.trips)),
    ...part('Failures', failures(result)),
  ];
  return answer.join('\n\n');
}

module.exports = { report };

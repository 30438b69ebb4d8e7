// Phones that register through SIPp, and what it counted.
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startProgram } from './asterisk.mjs';

const require = createRequire(import.meta.url);
const { percentile } = require('../bench/statistics.cjs');
const { freeUdpPort } = require('../sip/udp-port.cjs');
const SCENARIO = fileURLToPath(new URL('register.xml', import.meta.url));

const cells = (line) => line.split(';');

/** The last line of the statistics; the names of the columns are in the first. */
function countersOf(text) {
  const [head = '', ...lines] = text.trim().split('\n');
  const last = cells(lines.at(-1) ?? '');
  return new Map(cells(head).map((name, at) => [name, Number(last[at])]));
}

/** The response times in milliseconds. */
function timesOf(text) {
  const lines = text.trim().split('\n').slice(1);
  return lines.map((line) => Number(cells(line)[1])).filter((time) => Number.isFinite(time));
}

const readAll = (folder, end) =>
  readFileSync(
    join(
      folder,
      readdirSync(folder).find((name) => name.endsWith(end)),
    ),
    'utf8',
  );

/** Registers every phone, `rate` a second. */
export async function registerAll(site, name, rate) {
  const folder = join(site.dir, name);
  mkdirSync(folder);
  const fields = site.phones.map((phone) => `${phone.extension};${site.realmOf(phone)};${phone.password}`);
  writeFileSync(join(folder, 'phones.csv'), ['SEQUENTIAL', ...fields, ''].join('\n'));
  const args = [
    ...['-sf', SCENARIO, '-inf', join(folder, 'phones.csv'), '-i', '127.0.0.1', '-p', String(await freeUdpPort())],
    ...['-r', String(rate), '-m', String(site.phones.length), '-l', String(site.phones.length)],
    ...['-nostdin', '-buff_size', '4194304', '-recv_timeout', '30000', '-deadcall_wait', '0', '-timeout', '600'],
    ...['-trace_stat', '-stf', join(folder, 'counters.csv'), '-fd', '1', '-trace_rtt', '-rtt_freq', '1'],
    `127.0.0.1:${site.asterisk.port}`,
  ];
  const begun = performance.now();
  const child = startProgram('sipp', args, { log: join(folder, 'sipp.log'), cwd: folder });
  await once(child, 'exit');
  const seconds = (performance.now() - begun) / 1_000;
  const counters = countersOf(readFileSync(join(folder, 'counters.csv'), 'utf8'));
  const sum = (names) => names.reduce((total, name) => total + (counters.get(name) ?? 0), 0);
  const times = timesOf(readAll(folder, '_rtt.csv'));
  return {
    seconds,
    accepted: counters.get('SuccessfulCall(C)'),
    refused: sum(['FailedUnexpectedMessage(C)', 'FailedRegexpDoesntMatch(C)', 'FailedRegexpShouldntMatch(C)']),
    unanswered: sum(['FailedMaxUDPRetrans(C)', 'FailedTimeoutOnRecv(C)']),
    retransmitted: counters.get('Retransmissions(C)'),
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    max: percentile(times, 1),
  };
}

// The result as text, and as files below bench/results/storm and in docs/sip.md.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup.mjs';

const PAGE = join(root, 'docs', 'sip.md');
const MARKED = /(<!-- storm -->\n)[\s\S]*?(<!-- \/storm -->)/;

const number = (value, digits = 0) => (Number.isFinite(value) ? value.toFixed(digits) : '–');
const ratio = (one, other) => number(other / one, 2);

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function ofPhones(alone, beside) {
  const row = (name, pick, digits) => [name, number(pick(alone), digits), number(pick(beside), digits)];
  const timed = (name, pick) => [...row(name, pick), ratio(pick(alone), pick(beside))];
  return table(
    ['', 'alone', 'beside the callers', 'ratio'],
    [
      [...row('accepted', (one) => one.accepted), ''],
      [...row('refused', (one) => one.refused), ''],
      [...row('unanswered', (one) => one.unanswered), ''],
      [...row('requests sent again', (one) => one.retransmitted), ''],
      timed('challenge and REGISTER, p50, ms', (one) => one.p50),
      timed('challenge and REGISTER, p99, ms', (one) => one.p99),
      timed('challenge and REGISTER, longest, ms', (one) => one.max),
      [...row('contacts in `ps_contacts` at the end', (one) => one.contacts), ''],
      [...row('numbers of a sample whose contact is not listed', (one) => one.sample.wrong), ''],
      [...row('cores used by Asterisk', (one) => one.cpu.asterisk, 2), ''],
      [...row('cores used by the service', (one) => one.cpu.service, 2), ''],
      [...row('resident memory of the service, MB', (one) => one.megabytes), ''],
    ],
  );
}

function ofCallers(alone, beside) {
  const rows = alone.kinds.map(({ kind, p50, p99, requests }, at) => {
    const other = beside.kinds[at];
    return [
      kind,
      number(requests / alone.seconds),
      number(other.requests / beside.seconds),
      `${number(p50)} / ${number(p99)}`,
      `${number(other.p50)} / ${number(other.p99)}`,
      ratio(p50, other.p50),
    ];
  });
  const failures = ['failures', alone.failures, beside.failures, '', '', ''];
  const head = [
    'callers',
    'a second, alone',
    'beside the storm',
    'p50 / p99 alone, ms',
    'p50 / p99 beside, ms',
    'ratio',
  ];
  return table(head, [...rows, failures]);
}

export function textOf({ facts, asked, importSeconds, alone, beside, callersAlone, callersBeside, complaints }) {
  const { phones, rate, callers, pause, connections } = asked;
  const machine = `Commit ${facts.commit}, ${facts.date}. ${facts.cores} cores (${facts.processor}) for everything: phones, Asterisk, service, callers and servers.`;
  const what = `${phones} phones, ${rate} a second${connections > 0 ? `, ${connections} ODBC connections` : ''}; ${callers} callers that rest ${pause} ms before each request. \`registrar-control extension import\` made the extensions in ${number(importSeconds)} s. Sample: ${beside.sample.asked} numbers. Warnings and errors in the log of the service: ${complaints.length}.`;
  return `${machine} ${what}\n\n${ofPhones(alone, beside)}\n\n${ofCallers(callersAlone, callersBeside)}\n`;
}

export function write(results) {
  const folder = join(root, 'bench', 'results', 'storm');
  const path = join(folder, `${results.facts.date}-${results.facts.commit}`);
  const text = textOf(results);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${path}.json`, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(`${path}.md`, `# A registration storm\n\n${text}`);
  writeFileSync(
    PAGE,
    readFileSync(PAGE, 'utf8').replace(MARKED, (_, start, end) => `${start}\n${text}\n${end}`),
  );
  return path;
}

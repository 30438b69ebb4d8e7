import { command } from '../command';
import { WRITES } from '../needs';
import { CommandError, EXIT } from '../terminal/exit-code';
import type { Terminal } from '../terminal/terminal';
import type { Finding } from './doctor.finding';

const MARKS = { good: ['green', 'ok  '], poor: ['yellow', 'warn'], bad: ['red', 'FAIL'] } as const;

export const doctor = command({
  words: 'doctor',
  description: 'look at every dependency, and say what to do about what is wrong',
  options: {},
  examples: ['doctor', 'doctor --format json'],
  async run(session) {
    const { terminal, output } = session;
    const { examine } = await import('./doctor.checks.js');
    const services = await session.open({ ...WRITES, isTolerant: true });
    const findings: Finding[] = [];
    for await (const finding of examine(services)) {
      findings.push(finding);
      if (output.format !== 'json') show(finding, terminal);
    }
    if (output.format === 'json') output.json(findings);
    const bad = findings.filter(({ state }) => state === 'bad');
    if (bad.length === 0) return;
    const isUnreachable = bad.some((finding) => finding.isUnreachable === true);
    const message = `${bad.length} of ${findings.length} checks failed`;
    throw new CommandError(message, isUnreachable ? EXIT.unreachable : EXIT.failed);
  },
});

function show({ state, name, detail, advice }: Finding, terminal: Terminal): void {
  const [tone, mark] = MARKS[state];
  terminal.print(`${terminal.tone(tone, mark)}  ${name.padEnd(18)} ${detail}`);
  if (advice !== undefined) terminal.print(`      -> ${advice}`);
}

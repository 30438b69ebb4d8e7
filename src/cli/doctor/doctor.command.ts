import { Command } from 'nest-commander';
import { CommandError, EXIT } from '../terminal/exit-code';
import type { OutputOptions } from '../terminal/output';
import { TerminalCommand } from '../terminal/terminal.command';
import type { Finding } from './doctor.finding';

const MARKS = { good: ['green', 'ok  '], poor: ['yellow', 'warn'], bad: ['red', 'FAIL'] } as const;

@Command({ name: 'doctor', description: 'look at every dependency, and say what to do about what is wrong' })
export class DoctorCommand extends TerminalCommand {
  protected readonly examples = ['doctor', 'doctor --format json'];

  protected async execute(options: OutputOptions): Promise<void> {
    const { examine } = await import('./doctor.checks.js');
    const session = await this.session.open({ databases: ['bin', 'asterisk'], broker: true, isTolerant: true });
    const findings: Finding[] = [];
    const showsLines = this.output.formatOf(options) !== 'json';
    for await (const finding of examine(session)) {
      findings.push(finding);
      if (showsLines) this.show(finding);
    }
    if (!showsLines) this.output.json(findings);
    const bad = findings.filter(({ state }) => state === 'bad');
    if (bad.length === 0) return;
    const isUnreachable = bad.some((finding) => finding.isUnreachable === true);
    throw new CommandError(
      `${bad.length} of ${findings.length} checks failed`,
      isUnreachable ? EXIT.unreachable : EXIT.failed,
    );
  }

  private show({ state, name, detail, advice }: Finding): void {
    const [tone, mark] = MARKS[state];
    this.terminal.print(`${this.terminal.tone(tone, mark)}  ${name.padEnd(18)} ${detail}`);
    if (advice !== undefined) this.terminal.print(`      -> ${advice}`);
  }
}

export const DOCTOR_COMMANDS = [DoctorCommand];

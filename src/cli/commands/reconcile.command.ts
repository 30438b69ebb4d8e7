import { Command, Option } from 'nest-commander';
import { CommandError, EXIT } from '../terminal/exit-code';
import type { OutputOptions } from '../terminal/output';
import { READS } from '../terminal/session';
import { TerminalCommand } from '../terminal/terminal.command';
import type { ReconcileReport } from '../../reconcile/drift';

interface ReconcileOptions extends OutputOptions {
  readonly dryRun?: boolean;
}

@Command({ name: 'reconcile', description: 'compare records with what Asterisk and Kamailio read, and repair' })
export class ReconcileCommand extends TerminalCommand<ReconcileOptions> {
  protected readonly examples = ['reconcile --dry-run', 'reconcile'];

  protected async execute(options: ReconcileOptions): Promise<void> {
    const dryRun = options.dryRun === true;
    const { ReconcileService } = await import('../../reconcile/reconcile.service.js');
    const { untilInterrupted } = await import('../terminal/interruption.js');
    const service = (await this.session.open(READS)).get(ReconcileService);
    const report = await untilInterrupted((signal) =>
      service.run({
        dryRun,
        signal,
        onDifference: ({ kind, subject, id, what }) => {
          this.terminal.say(
            `${kind.replaceAll('_', ' ')}: ${subject} ${id}${what.length > 0 ? ` (${what.join(', ')})` : ''}`,
          );
        },
        onFailure: (subject, id) => {
          this.terminal.fail([`${subject} ${id} could not be looked at or repaired`]);
        },
      }),
    );
    this.output.one(report, detailOf(report), options);
    if (report.failed > 0) throw new CommandError(`${report.failed} differences are left`, EXIT.failed);
  }

  @Option({ flags: '--dry-run', description: 'only tell what would be repaired' })
  readDryRun(): boolean {
    return true;
  }
}

function detailOf(report: ReconcileReport): (readonly [string, string])[] {
  const found = Object.entries(report.found).filter(([, count]) => count > 0);
  return [
    ['compared', `${report.extensions} extensions, ${report.trunks} trunks`],
    ['not ours', `${report.foreign}`],
    [
      'differences',
      found.length === 0 ? 'none' : found.map(([kind, n]) => `${n} ${kind.replaceAll('_', ' ')}`).join(', '),
    ],
    [
      'repaired',
      report.dryRun ? 'nothing: dry run' : `${Object.values(report.repaired).reduce((sum, n) => sum + n, 0)}`,
    ],
    ['left', `${report.failed}`],
    ['took', `${Math.round(report.durationMs)} ms`],
  ];
}

export const RECONCILE_COMMANDS = [ReconcileCommand];

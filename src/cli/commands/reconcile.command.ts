import type { Difference, ReconcileReport } from '../../reconcile/drift';
import type { RunProgress } from '../../reconcile/reconcile.run';
import { command } from '../command';
import { READS } from '../needs';
import { dryRun, fromStart } from '../options';
import { giveWay } from '../priority';
import { CommandError } from '../terminal/exit-code';
import type { Entry } from '../terminal/table';

export const reconcile = command({
  words: 'reconcile',
  description: 'compare records with what Asterisk and Kamailio read, and repair',
  options: { dryRun, fromStart },
  notes: `
Given again within an hour of its start, the command goes on where an interrupted run was: a dry run after a dry run, a
repair after a repair. Redis keeps the place. A run begins at the start without Redis or named locks, and while another
such run is at work.
`,
  examples: ['reconcile --dry-run', 'reconcile', 'reconcile --from-start'],
  async run(session, options) {
    const { terminal, output } = session;
    const { untilInterrupted } = await import('../terminal/interruption.js');
    const services = await session.open(READS);
    giveWay();
    const report = await untilInterrupted((signal) =>
      services.reconcile.run({
        dryRun: options.dryRun === true,
        signal,
        series: 'command',
        fromStart: options.fromStart === true,
        onContinue: (at) => terminal.say(continued(at)),
        onProgress: (progress) => terminal.say(stateOf(progress)),
        onDifference: (difference) => terminal.say(lineOf(difference)),
        onFailure: (subject, id) => terminal.fail([`${subject} ${id} could not be compared or repaired`]),
      }),
    );
    output.one(report, detailOf(report));
    if (report.failed > 0) throw new CommandError(`${report.failed} comparisons or repairs failed`);
  },
});

function continued(interruptedAt: Date): string {
  return `Going on with the run that was interrupted at ${interruptedAt.toISOString()}; --from-start begins at the start.`;
}

function stateOf({ step, steps, name, rows, of }: RunProgress): string {
  return `Step ${step} of ${steps}, ${name}: ${rows} rows${of === undefined ? '' : ` of about ${Math.max(of, rows)}`}`;
}

function lineOf({ kind, subject, id, what }: Difference): string {
  return `${inWords(kind)}: ${subject} ${id}${what.length > 0 ? ` (${what.join(', ')})` : ''}`;
}

function detailOf(report: ReconcileReport): Entry[] {
  const found = Object.entries(report.found).filter(([, count]) => count > 0);
  const repaired = Object.values(report.repaired).reduce((sum, count) => sum + count, 0);
  return [
    ['compared', `${report.extensions} extensions, ${report.trunks} trunks`],
    ['not ours', `${report.foreign}`],
    ['differences', found.map(([kind, count]) => `${count} ${inWords(kind)}`).join(', ') || 'none'],
    ['repaired', report.dryRun ? 'nothing: dry run' : `${repaired}`],
    ['left', `${report.failed}`],
    ['took', `${Math.round(report.durationMs)} ms`],
  ];
}

function inWords(kind: string): string {
  return kind.replaceAll('_', ' ');
}

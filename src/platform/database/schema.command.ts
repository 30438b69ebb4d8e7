import { Command, SubCommand } from 'nest-commander';
import { CommandError } from '../terminal/exit-code';
import { GroupCommand } from '../terminal/group.command';
import type { OutputOptions } from '../terminal/output';
import type { Needs } from '../terminal/session';
import { TerminalCommand } from '../terminal/terminal.command';
import type { SchemaReport } from './schema/schema-report';

const NEEDS: Needs = { databases: ['bin', 'asterisk'], broker: false };

@SubCommand({ name: 'verify', description: 'compare both databases with what the service needs; changes nothing' })
export class SchemaVerifyCommand extends TerminalCommand {
  protected readonly examples = ['schema verify'];

  protected async execute(options: OutputOptions): Promise<void> {
    const session = await this.session.open(NEEDS);
    const { SchemaApplier } = await import('./schema/schema.service.js');
    const { AsteriskDatabase, BinDatabase } = await import('./databases.js');
    const applier = session.get(SchemaApplier);
    const reports = [
      await applier.verify(session.get(BinDatabase).dataSource, 'bin'),
      await applier.verify(session.get(AsteriskDatabase).dataSource, 'asterisk'),
    ];
    this.output.one(reports, reports.flatMap(detailOf), options);
    const lacking = reports.flatMap(({ missing }) => missing).filter(({ required }) => required).length;
    if (lacking > 0)
      throw new CommandError(`${lacking} required steps are missing; registrar-control schema apply makes them`);
  }
}

@SubCommand({ name: 'apply', description: 'add what is missing to both databases; nothing is ever taken away' })
export class SchemaApplyCommand extends TerminalCommand {
  protected readonly examples = ['schema apply'];

  protected async execute(options: OutputOptions): Promise<void> {
    const session = await this.session.open({ ...NEEDS, createsDatabases: true });
    const { SchemaApplier } = await import('./schema/schema.service.js');
    const { SchemaStepError } = await import('./schema/schema-report.js');
    const { AsteriskDatabase, BinDatabase } = await import('./databases.js');
    const applier = session.get(SchemaApplier);
    try {
      const reports = [
        await applier.apply(session.get(BinDatabase).dataSource, 'bin'),
        await applier.apply(session.get(AsteriskDatabase).dataSource, 'asterisk'),
      ];
      this.output.one(reports, reports.flatMap(detailOf), options);
    } catch (error) {
      // Its message names the step and holds the SQL for whoever may run it, and no row's values.
      if (error instanceof SchemaStepError) throw new CommandError(error.message);
      throw error;
    }
  }
}

function detailOf({ which, applied, missing, duplicates, problems }: SchemaReport): (readonly [string, string])[] {
  const isComplete = missing.length === 0 && problems.length === 0;
  return [
    [which, isComplete ? 'complete' : `${missing.length} steps missing, ${problems.length} problems`],
    ...applied.map((name) => ['  applied', name] as const),
    ...missing.flatMap(({ name, required, reason, sql }) => [
      [required ? '  missing (required)' : '  missing', reason === undefined ? name : `${name}: ${reason}`] as const,
      ['  sql', sql.replace(/\s+/g, ' ')] as const,
    ]),
    ...duplicates.map(
      ({ table, value, rows }) => [`  shared in ${table}`, `${value}: ${rows.map(({ id }) => id).join(', ')}`] as const,
    ),
    ...problems.map((problem) => ['  problem', problem] as const),
  ];
}

@Command({
  name: 'schema',
  description: 'the tables of both databases',
  subCommands: [SchemaVerifyCommand, SchemaApplyCommand],
})
export class SchemaCommand extends GroupCommand {
  protected readonly examples = ['schema verify'];
}

export const SCHEMA_COMMANDS = [SchemaCommand, SchemaVerifyCommand, SchemaApplyCommand];

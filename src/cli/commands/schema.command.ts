import { Command, SubCommand } from 'nest-commander';
import { CommandError } from '../terminal/exit-code';
import { GroupCommand } from '../terminal/group.command';
import type { OutputOptions } from '../terminal/output';
import type { Needs } from '../terminal/session';
import { TerminalCommand } from '../terminal/terminal.command';
import { faultsOf, type SchemaReport, type Stops } from '../../platform/database/schema/schema-report';

const NEEDS: Needs = { databases: ['bin', 'asterisk'], broker: false };

@SubCommand({ name: 'verify', description: 'compare both databases with what the service needs; changes nothing' })
export class SchemaVerifyCommand extends TerminalCommand {
  protected readonly examples = ['schema verify'];

  protected async execute(options: OutputOptions): Promise<void> {
    const session = await this.session.open(NEEDS);
    const { SchemaApplier } = await import('../../platform/database/schema/schema.service.js');
    const { AsteriskDatabase, BinDatabase } = await import('../../platform/database/source/databases.js');
    const applier = session.get(SchemaApplier);
    const reports = [
      await applier.verify(session.get(BinDatabase).dataSource, 'bin'),
      await applier.verify(session.get(AsteriskDatabase).dataSource, 'asterisk'),
    ];
    this.output.one(reports, reports.flatMap(detailOf), options);
    assertSound(reports, 'registrar-control schema apply adds what can be added, the SQL above is for the rest');
  }
}

@SubCommand({ name: 'apply', description: 'add what is missing to both databases; nothing is ever taken away' })
export class SchemaApplyCommand extends TerminalCommand {
  protected readonly examples = ['schema apply'];

  protected async execute(options: OutputOptions): Promise<void> {
    const session = await this.session.open({ ...NEEDS, createsDatabases: true });
    const { SchemaApplier } = await import('../../platform/database/schema/schema.service.js');
    const { SchemaIncomplete } = await import('../../platform/database/schema/schema-report.js');
    const { AsteriskDatabase, BinDatabase } = await import('../../platform/database/source/databases.js');
    const applier = session.get(SchemaApplier);
    try {
      const reports = [
        await applier.apply(session.get(BinDatabase).dataSource, 'bin'),
        await applier.apply(session.get(AsteriskDatabase).dataSource, 'asterisk'),
      ];
      this.output.one(reports, reports.flatMap(detailOf), options);
      assertSound(reports, 'run the SQL above by hand');
    } catch (error) {
      // Its message names the step and holds the SQL for whoever may run it, and no row's values.
      if (error instanceof SchemaIncomplete) throw new CommandError(error.message);
      throw error;
    }
  }
}

function assertSound(reports: readonly SchemaReport[], advice: string): void {
  const faults = reports.flatMap(faultsOf);
  if (faults.length === 0) return;
  const required = reports.flatMap(({ missing }) => missing).filter((step) => step.required).length;
  const what = required === faults.length ? 'required steps are missing' : 'things are missing or wrong';
  throw new CommandError(`${faults.length} ${what}; ${advice}`);
}

function detailOf({ which, applied, missing, duplicates, problems }: SchemaReport): (readonly [string, string])[] {
  const isComplete = missing.length === 0 && problems.length === 0;
  return [
    [which, isComplete ? 'complete' : `${missing.length} steps missing, ${problems.length} problems`],
    ...applied.map((name) => ['  applied', name] as const),
    ...missing.flatMap(({ name, stops, reason, sql }) => [
      [`  missing${weightOf(stops)}`, reason === undefined ? name : `${name}: ${reason}`] as const,
      ['  sql', lineOf(sql)] as const,
    ]),
    ...duplicates.map(
      ({ table, value, rows }) => [`  shared in ${table}`, `${value}: ${rows.map(({ id }) => id).join(', ')}`] as const,
    ),
    ...problems.flatMap(({ text, stops, sql }) => [
      [`  problem${weightOf(stops)}`, text] as const,
      ...(sql === undefined ? [] : [['  sql', lineOf(sql)] as const]),
    ]),
  ];
}

function weightOf(stops: Stops): string {
  return stops === 'nothing' ? '' : ' (required)';
}

function lineOf(sql: string): string {
  return sql.replace(/\s+/g, ' ');
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

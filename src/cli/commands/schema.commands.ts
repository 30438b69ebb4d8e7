import {
  aroundSteps,
  faultsOf,
  type Fault,
  type SchemaReport,
  type Stops,
} from '../../platform/database/schema/schema-report';
import { command, group } from '../command';
import { READS } from '../needs';
import type { Session } from '../session';
import { CommandError } from '../terminal/exit-code';
import type { Entry } from '../terminal/table';

const verify = command({
  words: 'schema verify',
  description: 'compare both databases with what the service needs; changes nothing',
  options: {},
  examples: ['schema verify'],
  async run(session) {
    const { schema, databases } = await session.open(READS);
    const reports = [
      await schema.verify(databases.bin.dataSource, 'bin'),
      await schema.verify(databases.asterisk.dataSource, 'asterisk'),
    ];
    tell(session, reports, 'registrar-control schema apply adds what can be added, the SQL above is for the rest');
  },
});

const apply = command({
  words: 'schema apply',
  description: 'add what is missing to both databases; nothing is ever taken away',
  options: {},
  examples: ['schema apply'],
  async run(session) {
    const { schema, databases } = await session.open({ ...READS, createsDatabases: true });
    const { SchemaIncomplete } = await import('../../platform/database/schema/schema-report.js');
    try {
      const reports = [
        await schema.apply(databases.bin.dataSource, 'bin'),
        await schema.apply(databases.asterisk.dataSource, 'asterisk'),
      ];
      tell(session, reports, 'run the SQL above by hand');
    } catch (error) {
      // Its message names the step and the SQL to run by hand, without values of rows.
      if (error instanceof SchemaIncomplete) throw new CommandError(error.message);
      throw error;
    }
  },
});

function tell({ output }: Session, reports: readonly SchemaReport[], advice: string): void {
  output.one(reports, reports.flatMap(detailOf));
  const faults = reports.flatMap(faultsOf);
  if (faults.length === 0) return;
  const required = reports.flatMap(({ missing }) => missing).filter((step) => step.required).length;
  const what = required === faults.length ? 'required steps are missing' : 'things are missing or wrong';
  throw new CommandError(`${faults.length} ${what}; ${advice}`);
}

function detailOf({ which, applied, missing, duplicates, problems }: SchemaReport): Entry[] {
  const isComplete = missing.length === 0 && problems.length === 0;
  const [before, after] = aroundSteps(problems);
  return [
    [which, isComplete ? 'complete' : `${missing.length} steps missing, ${problems.length} problems`],
    ...applied.map((name): Entry => ['  applied', name]),
    ...before.flatMap(problemOf),
    ...missing.flatMap(({ name, stops, reason, sql }): Entry[] => [
      [`  missing${weightOf(stops)}`, reason === undefined ? name : `${name}: ${reason}`],
      ['  sql', lineOf(sql)],
    ]),
    ...duplicates.map(({ table, value, rows }): Entry => [
      `  shared in ${table}`,
      `${value}: ${rows.map(({ id }) => id).join(', ')}`,
    ]),
    ...after.flatMap(problemOf),
  ];
}

function problemOf({ text, stops, sql }: Fault): Entry[] {
  return [[`  problem${weightOf(stops)}`, text], ...(sql === undefined ? [] : [['  sql', lineOf(sql)] as const])];
}

function weightOf(stops: Stops): string {
  return stops === 'nothing' ? '' : ' (required)';
}

function lineOf(sql: string): string {
  return sql.replace(/\s+/g, ' ');
}

export const SCHEMA_COMMANDS = [
  group({ words: 'schema', description: 'the tables of both databases', examples: ['schema verify'] }),
  verify,
  apply,
];

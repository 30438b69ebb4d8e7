import { StatementPackets } from '../../src/platform/database/source/statement-packets';
import type { Parameter, TestDatabase } from './database';

type Values = readonly unknown[];
type Query = (this: StatementPackets, sql: string, values?: Values, isStructured?: boolean) => Promise<unknown>;

/** One line of EXPLAIN without what varies between two runs. */
export interface PlanLine {
  readonly table: string;
  readonly type: string;
  readonly key: string;
  readonly extra: readonly string[];
}

export interface Statement {
  readonly database: 'bin' | 'asterisk';
  /** With `?` for every value. */
  readonly text: string;
  readonly sql: string;
  readonly values: Values;
}

const OWN_TABLE = /(?:FROM|INTO|UPDATE|JOIN)\s+`?(?:registrar_|ps_)/i;
const ON_ASTERISK = /(?:FROM|INTO|UPDATE)\s+`?ps_/i;
const INSERT_OF_VALUES = /^INSERT INTO \w+ \([^)]*\) VALUES/i;

/** Records the statements of every connection of this process that concern the service's tables. */
export class StatementRecorder {
  private readonly recorded: Statement[] = [];
  private readonly packets = StatementPackets.prototype as unknown as { query: Query };
  private readonly original = this.packets.query;

  start(): void {
    const { original, recorded } = this;
    this.packets.query = function (sql, values = [], isStructured) {
      if (OWN_TABLE.test(sql)) recorded.push(statementOf(sql, values));
      return original.call(this, sql, values, isStructured);
    };
  }

  stop(): void {
    this.packets.query = this.original;
  }

  /** Those since the last call. */
  take(): Statement[] {
    return this.recorded.splice(0);
  }
}

function statementOf(sql: string, values: Values): Statement {
  const text = sql
    .replaceAll(/\s+/g, ' ')
    // The length of a list of ids, and a limit that follows from it, depend on the rows at hand.
    .replaceAll(/\bIN \((?:\?, ?)*\?\)/g, 'IN (?)')
    .replace(/(id <= \? ORDER BY id LIMIT) \d+/, '$1 …')
    .trim();
  return { database: ON_ASTERISK.test(sql) ? 'asterisk' : 'bin', text, sql, values };
}

/** What the optimizer makes of a statement. An INSERT of values has no plan. */
export async function planOf(statement: Statement, database: TestDatabase): Promise<PlanLine[]> {
  if (INSERT_OF_VALUES.test(statement.text)) return [];
  const lines = await database.rows(`EXPLAIN ${statement.sql}`, statement.values as Parameter[]);
  return lines.map((line) => ({
    table: textOf(line['table']) || '-',
    type: textOf(line['type']) || '-',
    key: textOf(line['key']) || '-',
    extra: textOf(line['Extra'])
      .split(';')
      .map((flag) => flag.trim())
      .filter((flag) => flag !== ''),
  }));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function planText({ table, type, key, extra }: PlanLine): string {
  return [table, type, key, ...(extra.length > 0 ? [extra.join(', ')] : [])].join(' | ');
}

import { knownColumns } from '../database/schema/known-columns';
import type { Rule } from './rules';

/** Columns of new rows and their values, in the order of the text. */
type ColumnValues = ReadonlyMap<string, string>;

export interface EndpointDefaults {
  readonly ps_endpoints: ColumnValues;
  readonly ps_aors: ColumnValues;
}

type Table = keyof EndpointDefaults;

const TABLES = ['ps_endpoints', 'ps_aors'] as const;
const KNOWN: Record<Table, ReadonlySet<string>> = {
  ps_endpoints: knownColumns('ps_endpoints'),
  ps_aors: knownColumns('ps_aors'),
};
/** What makes the rows a login. */
const OWN = new Set(['ps_endpoints.id', 'ps_endpoints.aors', 'ps_endpoints.auth', 'ps_aors.id']);
const KEY = /^(?:(ps_endpoints|ps_aors)\.)?([a-z0-9_]{1,64})$/;
const VALUE_MAX = 1_024;
const TEXT_MAX = 16_384;
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Reads `key=value; key=value`. A value holds no `;`, because Asterisk's ODBC layer ends a value there. */
export const endpointDefaults: Rule<EndpointDefaults> = {
  rule: 'column=value entries with ; between them, of ps_endpoints or ps_aors, such as context=phones; allow=ulaw,alaw',
  read: (text) => {
    const { defaults, problems } = parse(text);
    return problems.length === 0 ? defaults : undefined;
  },
  complaint: (text) => parse(text).problems.join('; ') || undefined,
};

function parse(text: string): { defaults: EndpointDefaults; problems: readonly string[] } {
  const defaults = { ps_endpoints: new Map<string, string>(), ps_aors: new Map<string, string>() };
  if (text.length > TEXT_MAX) return { defaults, problems: [`longer than ${TEXT_MAX} characters`] };
  const problems: string[] = [];
  for (const [index, entry] of text.split(';').entries()) {
    if (entry.trim() === '') continue;
    const problem = take(entry, defaults);
    if (problem !== undefined) problems.push(problem.replace(/^entry/, `entry ${index + 1}`));
  }
  return { defaults, problems };
}

/** Takes one entry. Returns what is wrong with it: with its key, if it has one that can be shown. */
function take(entry: string, defaults: Record<Table, Map<string, string>>): string | undefined {
  const at = entry.indexOf('=');
  const [, named, column = ''] = KEY.exec(entry.slice(0, Math.max(at, 0)).trim()) ?? [];
  if (column === '') return 'entry is not column=value, the column in lower case';
  const table = tableOf(column, named as Table | undefined);
  if (!isTable(table)) return `${column}: ${table}`;
  const key = `${table}.${column}`;
  if (OWN.has(key)) return `${key}: the service sets it`;
  if (defaults[table].has(column)) return `${key}: is there more than once`;
  const value = entry.slice(at + 1).trim();
  const problem = valueProblem(key, value);
  if (problem !== undefined) return `${key}: ${problem}`;
  defaults[table].set(column, value);
  return undefined;
}

/** The table of a column, or why it must be written with its table. */
function tableOf(column: string, named: Table | undefined): string {
  if (named !== undefined) return named;
  const [first, ...others] = TABLES.filter((table) => KNOWN[table].has(column));
  if (first !== undefined && others.length === 0) return first;
  const why = first === undefined ? 'the service knows no such column' : 'both tables have it';
  return `${why}, write ps_endpoints.${column} or ps_aors.${column}`;
}

function isTable(text: string): text is Table {
  return (TABLES as readonly string[]).includes(text);
}

function valueProblem(key: string, value: string): string | undefined {
  if (value === '') return 'has no value';
  if (value.length > VALUE_MAX) return `is longer than ${VALUE_MAX} characters`;
  if (CONTROL.test(value) || !value.isWellFormed()) return 'has a control character';
  if (/\^(?:[0-9A-Fa-f]{2}|[0-9A-Fa-f]?$)/.test(value))
    return 'has ^ before two hexadecimal digits or at the end, where Asterisk reads another text';
  // With 0, Asterisk refuses every REGISTER.
  if (key === 'ps_aors.max_contacts' && !/^[1-9]\d{0,8}$/.test(value)) return 'is not a whole number from 1';
  return undefined;
}

import { UsageError } from '../../terminal/exit-code';
import { generatePassword } from '../../terminal/password';
import { parseUuid } from '../../../platform/wire/go-uuid';
import { ServiceError } from '../../../platform/errors/service-error';
import type { CreateExtensionDto } from '../../../extension/extension.dto';
import { createExtension } from '../requests';
import { columnOf, faultsOfTitles } from './extension-columns';
import type { FileRow } from './file-row';

/** A row of an import file, ready to be created. */
export interface ImportRow {
  /** Where it stands: the line of a CSV file, the place in a JSON list. */
  readonly at: string;
  readonly request: CreateExtensionDto;
  readonly hasGeneratedPassword: boolean;
}

type Cells = Readonly<Record<string, unknown>>;

/** Every row, or a {@link UsageError} with every bad one and its reason; no value is ever part of it. */
export function readRows(rows: readonly FileRow[], customerId: string | undefined): ImportRow[] {
  const problems: string[] = [];
  const taken = new Map<string, string>();
  const read: ImportRow[] = [];
  for (const { at, cells, problems: found = [] } of rows) {
    if (found.length > 0) {
      problems.push(...found.map((problem) => `${at}: ${problem}`));
      continue;
    }
    const row = attempt(at, problems, () => readRow(at, cells, customerId));
    if (row === undefined) continue;
    for (const [what, value] of [
      ['number', row.request.extension],
      ['user name', row.request.username || row.request.extension],
    ] as const) {
      // The databases compare numbers and user names without regard to case.
      const key = `${what} ${row.request.customerId} ${value.toLowerCase()}`;
      const earlier = taken.get(key);
      taken.set(key, earlier ?? at);
      if (earlier === undefined) continue;
      problems.push(`${at}: the ${what} is that of ${earlier}`);
      break;
    }
    read.push(row);
  }
  if (problems.length > 0)
    throw new UsageError([
      `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}, nothing was imported:`,
      ...problems,
    ]);
  return read;
}

function attempt(at: string, problems: string[], read: () => ImportRow): ImportRow | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ServiceError) {
      problems.push(...error.details.map(({ field, rule }) => `${at}: ${String(field)} ${String(rule)}`));
    } else if (error instanceof UsageError) problems.push(...error.problems.map((problem) => `${at}: ${problem}`));
    else throw error;
    return undefined;
  }
}

function readRow(at: string, cells: unknown, customerId: string | undefined): ImportRow {
  const texts = textsOf(cells);
  const customer = parseUuid(texts.get('customer_id') ?? '') ?? (texts.get('customer_id') ? undefined : customerId);
  if (customer === undefined) throw new UsageError(['customer_id must be a uuid (or give --customer-id)']);
  const password = texts.get('password') ?? '';
  const extension = texts.get('extension') ?? texts.get('username') ?? '';
  const request = createExtension({
    customerId: customer,
    extension,
    username: texts.get('username') ?? '',
    password: password === '' ? generatePassword() : password,
    name: texts.get('name') ?? '',
    detail: texts.get('detail') ?? '',
  });
  return { at, request, hasGeneratedPassword: password === '' };
}

/** Cells by column, in any spelling; empty ones are left out, an unknown column is a mistake in the file. */
function textsOf(cells: unknown): ReadonlyMap<string, string> {
  if (typeof cells !== 'object' || cells === null || Array.isArray(cells)) throw new UsageError(['must be an object']);
  const texts = new Map<string, string>();
  const problems = Object.keys(cells).length === 0 ? [] : faultsOfTitles(Object.keys(cells), 'key');
  for (const [name, value] of Object.entries(cells as Cells)) {
    const column = columnOf(name);
    if (column === undefined || column === 'ignored') continue;
    if (typeof value === 'number') {
      if (Number.isSafeInteger(value)) texts.set(column, String(value));
      else problems.push(`${column} must be a text: it is a number that is not whole, or too long, or in E notation`);
    } else if (typeof value !== 'string' && value !== null) problems.push(`${column} must be a text`);
    else if (value) texts.set(column, value);
  }
  if (problems.length > 0) throw new UsageError(problems);
  return texts;
}

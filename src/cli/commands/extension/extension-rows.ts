import type { CreateExtensionDto } from '../../../extension/extension.dto';
import { ServiceError } from '../../../platform/errors/service-error';
import { parseUuid } from '../../../platform/wire/go-uuid';
import { UsageError } from '../../terminal/exit-code';
import { generatePassword } from '../../terminal/password';
import { createExtension } from '../requests';
import type { FileRow } from './file-row';

/** A row of an import file, ready to be created. */
export interface ImportRow {
  /** The place in the file: the line in CSV, the position in a JSON list. */
  readonly at: string;
  readonly request: CreateExtensionDto;
  readonly hasGeneratedPassword: boolean;
}

/** Reads every row. Throws a {@link UsageError} that names every bad row and its faults, without values. */
export function readRows(rows: readonly FileRow[], customerId: string | undefined): ImportRow[] {
  const places = new Map<string, string>();
  const read: ImportRow[] = [];
  const problems = rows.flatMap((row) => {
    const faults = row.problems.length > 0 ? row.problems : faultsOf(row, customerId, places, read);
    return faults.map((fault) => `${row.at}: ${fault}`);
  });
  if (problems.length === 0) return read;
  const count = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
  throw new UsageError([`${count}, nothing was imported:`, ...problems]);
}

/** The faults of a row. A row without faults is added to `read`. */
function faultsOf(
  row: FileRow,
  customerId: string | undefined,
  places: Map<string, string>,
  read: ImportRow[],
): readonly string[] {
  const given = row.cells.customer_id;
  const customer = given ? parseUuid(given) : customerId;
  if (customer === undefined) return ['customer_id must be a uuid (or give --customer-id)'];
  try {
    const request = requestOf(row, customer);
    const fault = takenBefore(request, row.at, places);
    if (fault !== undefined) return [fault];
    read.push({ at: row.at, request, hasGeneratedPassword: !row.cells.password });
    return [];
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return error.details.map(({ field, rule }) => `${String(field)} ${String(rule)}`);
  }
}

function requestOf({ cells }: FileRow, customerId: string): CreateExtensionDto {
  const { username = '', password = '', name = '', detail = '' } = cells;
  return createExtension({
    customerId,
    extension: cells.extension || username,
    username,
    password: password === '' ? generatePassword() : password,
    name,
    detail,
  });
}

/** The databases compare numbers and user names without regard to case. */
function takenBefore(request: CreateExtensionDto, at: string, places: Map<string, string>): string | undefined {
  for (const [what, value] of [
    ['number', request.extension],
    ['user name', request.username || request.extension],
  ] as const) {
    const key = `${what} ${request.customerId} ${value.toLowerCase()}`;
    const earlier = places.get(key);
    if (earlier !== undefined) return `the ${what} is already used on ${earlier}`;
    places.set(key, at);
  }
  return undefined;
}

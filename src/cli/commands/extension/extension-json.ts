import { JsonSyntaxError, type JsonNode } from '../../../platform/wire/go-json';
import { JsonParser } from '../../../platform/wire/json-parser';
import { UsageError } from '../../terminal/exit-code';
import { columnOf, faultsOfTitles, type Cells } from './extension-columns';
import type { FileRow } from './file-row';

type Members = Extract<JsonNode, { kind: 'object' }>['members'];

/** The rows of a JSON list. A fault in the keys is reported once, for the first row that has it. */
export function readJsonRows(text: string): FileRow[] {
  const list = parse(text);
  if (list.kind !== 'array') throw new UsageError(['the file must hold a JSON list of extensions']);
  const places = new Map<string, string[]>();
  const rows = list.items.map((item, index): FileRow => {
    const at = `row ${index + 1}`;
    if (item.kind !== 'object') return { at, cells: {}, problems: ['must be an object'] };
    const faults = faultsOfTitles(
      item.members.map(([key]) => key),
      'key',
    ).join('; ');
    if (faults !== '') places.set(faults, [...(places.get(faults) ?? []), at]);
    return { at, ...readCells(item.members) };
  });
  if (places.size === 0) return rows;
  throw new UsageError([
    `${places.size} ${places.size === 1 ? 'problem' : 'problems'}, nothing was imported:`,
    ...[...places].map(([faults, [first = '', ...more]]) =>
      more.length === 0 ? `${first}: ${faults}` : `${first} and ${more.length} more: ${faults}`,
    ),
  ]);
}

function parse(text: string): JsonNode {
  try {
    return new JsonParser(text).parse();
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new UsageError(['the file is not JSON']);
    throw error;
  }
}

/** Accepts texts and whole numbers; a number in another form may have lost digits. */
function readCells(members: Members): { readonly cells: Cells; readonly problems: readonly string[] } {
  const cells: Cells = {};
  const problems: string[] = [];
  for (const [key, value] of members) {
    const column = columnOf(key);
    if (column === undefined || column === 'ignored' || value.kind === 'null') continue;
    const isWhole = value.kind === 'number' && /^-?\d+$/.test(value.text) && Number.isSafeInteger(Number(value.text));
    if (value.kind === 'string') cells[column] = value.value;
    else if (isWhole) cells[column] = value.text;
    else if (value.kind !== 'number') problems.push(`${column} must be a text`);
    else problems.push(`${column} must be a text: it is a number that is not whole, or too long, or in E notation`);
  }
  return { cells, problems };
}

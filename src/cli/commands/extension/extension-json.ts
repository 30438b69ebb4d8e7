import { UsageError } from '../../terminal/exit-code';
import type { JsonNode } from '../../../platform/wire/go-json';
import { JsonSyntaxError } from '../../../platform/wire/go-json';
import { JsonParser } from '../../../platform/wire/json-parser';
import { faultsOfTitles } from './extension-columns';
import type { FileRow } from './file-row';

/** The rows of a JSON list. What is wrong with the keys is told once, for the first row that has it. */
export function readJsonRows(text: string): FileRow[] {
  const list = parse(text);
  if (list.kind !== 'array') throw new UsageError(['the file must hold a JSON list of extensions']);
  const places = new Map<string, string[]>();
  const rows = list.items.map((item, index): FileRow => {
    const at = `row ${index + 1}`;
    const members = item.kind === 'object' ? item.members : [];
    const faults = faultsOfKeys(members.map(([key]) => key)).join('; ');
    if (faults !== '') places.set(faults, [...(places.get(faults) ?? []), at]);
    return { at, cells: valueOf(item) };
  });
  if (places.size === 0) return rows;
  throw new UsageError([
    `${places.size} ${places.size === 1 ? 'problem' : 'problems'}, nothing was imported:`,
    ...[...places].map(([faults, [first = '', ...more]]) =>
      more.length === 0 ? `${first}: ${faults}` : `${first} and ${more.length} more: ${faults}`,
    ),
  ]);
}

function faultsOfKeys(keys: readonly string[]): string[] {
  return keys.length === 0 ? [] : faultsOfTitles(keys, 'key');
}

function parse(text: string): JsonNode {
  try {
    return new JsonParser(text).parse();
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new UsageError(['the file is not JSON']);
    throw error;
  }
}

/** As JSON.parse, but a number that was not written as a whole one is none: its digits may be lost. */
function valueOf(node: JsonNode): unknown {
  switch (node.kind) {
    case 'null':
      return null;
    case 'number':
      return /^-?\d+$/.test(node.text) ? Number(node.text) : NaN;
    case 'array':
      return node.items.map(valueOf);
    case 'object':
      return Object.fromEntries(node.members.map(([key, value]) => [key, valueOf(value)]));
    default:
      return node.value;
  }
}

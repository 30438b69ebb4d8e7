import type { EndpointDefaults } from '../../config/endpoint-defaults';
import { characterCount } from '../../wire/text.rules';
import type { CatalogColumn, SchemaCatalog } from './schema-catalog';
import type { Fault } from './schema-report';

const BITS: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, mediumint: 24, int: 32, bigint: 64 };
const TEXT_TYPE = /^(?:var)?char$|text$/;
const FRACTION_TYPE = /^(?:float|double|decimal)$/;

/**
 * Values that the tables at hand do not take. A fault, because an INSERT with such a value fails for every new
 * extension.
 */
export function defaultsProblems({ tables }: SchemaCatalog, defaults: EndpointDefaults): Fault[] {
  return Object.entries(defaults).flatMap(([name, values]: [string, EndpointDefaults[keyof EndpointDefaults]]) => {
    const columns = tables.get(name)?.columns;
    if (columns === undefined) return [];
    return [...values].flatMap(([column, value]): Fault[] => {
      const problem = problemOf(columns.get(column), value);
      if (problem === undefined) return [];
      return [{ text: `ASTERISK_ENDPOINT_DEFAULTS: ${name}.${column} ${problem}`, stops: 'writes' }];
    });
  });
}

function problemOf(column: CatalogColumn | undefined, value: string): string | undefined {
  if (column === undefined) return 'is no column of the table';
  const { dataType, columnType, maxLength = Infinity, generated } = column;
  if (generated) return 'is a generated column';
  if (dataType === 'enum') return wordProblem(columnType, value);
  if (dataType in BITS) return integerProblem(column, value);
  if (FRACTION_TYPE.test(dataType)) return /^-?\d{1,9}(?:\.\d{1,6})?$/.test(value) ? undefined : 'needs a number';
  if (!TEXT_TYPE.test(dataType)) return `is ${columnType}, which cannot have a default of this kind`;
  const length = characterCount(value);
  if (length > maxLength) return `is ${columnType}, and the value has ${length} characters`;
  return isStorable(column, value) ? undefined : `is ${column.charset}, which may lack characters of the value`;
}

function wordProblem(columnType: string, value: string): string | undefined {
  const words = [...columnType.matchAll(/'((?:[^']|'')*)'/g)].map(([, word = '']) => word.replaceAll("''", "'"));
  return words.includes(value) ? undefined : `takes only one of: ${words.join(', ')}`;
}

function integerProblem({ dataType, columnType }: CatalogColumn, value: string): string | undefined {
  const bits = BigInt(BITS[dataType] ?? 0);
  const isUnsigned = /unsigned/i.test(columnType);
  const [least, most] = isUnsigned ? [0n, (1n << bits) - 1n] : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
  const isInRange = /^-?\d{1,20}$/.test(value) && BigInt(value) >= least && BigInt(value) <= most;
  return isInRange ? undefined : `needs a whole number from ${least} to ${most}`;
}

/** Every character set holds ASCII. */
function isStorable({ charset }: CatalogColumn, value: string): boolean {
  if (charset === undefined || charset === 'utf8mb4') return true;
  return (/^utf8(?:mb3)?$/.test(charset) ? /^[\u0020-\uffff]*$/u : /^[\x20-\x7e]*$/).test(value);
}

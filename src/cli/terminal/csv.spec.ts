import fc from 'fast-check';
import { eachRow } from '../../../test/support/each-row';
import { csvText, damageOf, fromCell, hasMark, toCell } from './csv';
import { readCsv } from './csv-reader';

const awkward = fc.string({
  unit: fc.constantFrom(...Array.from('\'=+-@\t\r\n ,;"#1.0Ee'), '＝', '＋', '－', '＠', '\u00a0', 'é', '😀'),
});
const damaged = fc.constantFrom('1.5E+09', '4,93012E+11', '#NAME?', '#####', '="0049"', '2001.0', "'=x", "''", "'");
const value = fc.oneof(awkward, damaged, fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));

describe('a cell', () => {
  eachRow([
    ['=1+1', "'=1+1"],
    ['+4930123', "'+4930123"],
    ['-pass1234', "'-pass1234"],
    ['@home1234', "'@home1234"],
    [' =1+1', "' =1+1"],
    ['\t=1', "'\t=1"],
    ['\rx', "'\rx"],
    ['＝1', "'＝1"],
    ["'quoted", "''quoted"],
    ["'=x", "''=x"],
    ['1.5E+09', "'1.5E+09"],
    ['#NAME?', "'#NAME?"],
    ['Front desk', 'Front desk'],
    ["O'Hara", "O'Hara"],
    ['1-2', '1-2'],
    ['', ''],
  ])('is written so that no spreadsheet runs it', (text, cell) => {
    expect(toCell(text)).toBe(cell);
    expect(fromCell(cell)).toBe(text);
  });

  it('is never a formula, and gives its value back', () => {
    fc.assert(
      fc.property(value, (text) => {
        expect(toCell(text)).not.toMatch(/^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]/u);
        expect(fromCell(toCell(text))).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of another program keeps an apostrophe that an export would not have written', () => {
    expect(["'abc", "'1234", "'", 'x'].map(fromCell)).toEqual(["'abc", "'1234", "'", 'x']);
    expect(fromCell("'+4930123")).toBe('+4930123');
    expect(hasMark("'abc")).toBe(false);
  });
});

eachRow([
  '1.5E+09',
  '4.93012E+11',
  '4,93012e+11',
  '1E+15',
  '#NAME?',
  '#BEZUG!',
  '#N/A',
  '########',
  '="0049"',
  '2001.0',
])('these cells are damaged', (cell) => {
  expect(damageOf(cell)).toBeDefined();
});

eachRow(['2001', '0049', '+4930123', '12e34567', '3E10', 'Room 2.0', '#1', '#desk', '1.5', '10.0.0.1', ''])(
  'these cells are not damaged',
  (cell) => {
    expect(damageOf(cell)).toBeUndefined();
  },
);

it('comes back as it was, whatever the cells hold', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(value, value), { minLength: 1 }), async (pairs) => {
      const rows = pairs.map(([name, last]) => ({ extension: 'x', name, last }));
      const text = await csvText(rows, ['extension', 'name', 'last'], true);
      const [, ...read] = readCsv(text, (title) => title === 'extension');
      expect(read.map(({ cells }) => cells.map(fromCell))).toEqual(pairs.map((pair) => ['x', ...pair]));
    }),
    { numRuns: 300 },
  );
});

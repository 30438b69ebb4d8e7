import { eachRow } from '../../../test/support/each-row';
import { readCsv } from './csv-reader';
import { UsageError } from './exit-code';

const isTitle = (text: string): boolean => ['id', 'number', 'name'].includes(text);
const ENDS = ['\n', '\r\n', '\r'];

const mixtures = ENDS.flatMap((first) =>
  ENDS.flatMap((second) =>
    ENDS.flatMap((third) => ['Desk', '"Desk"'].map((last) => [first, second, third, last] as const)),
  ),
);

eachRow(mixtures)('reads every mixture of line ends', (first, second, third, last) => {
  expect(readCsv(`id,name${first}1,${last}${second}2,${last}${third}`, isTitle)).toEqual([
    { line: 1, cells: ['id', 'name'] },
    { line: 2, cells: ['1', 'Desk'] },
    { line: 3, cells: ['2', 'Desk'] },
  ]);
});

eachRow(ENDS)('keeps each line end between quotation marks, and counts it', (end) => {
  const records = readCsv(`id,name\r\n1,"two${end}lines"\n2,é\r3,x`, isTitle);
  expect(records.map(({ line, cells }) => [line, ...cells])).toEqual([
    [1, 'id', 'name'],
    [2, '1', `two${end}lines`],
    [4, '2', 'é'],
    [5, '3', 'x'],
  ]);
});

eachRow([
  ['semicolons', 'id;name\r\n1;a,b'],
  ['tabs', 'id\tname\r\n1\ta,b'],
  ['bars', 'id|name\n1|a,b'],
  ["Excel's first line", 'sep=;\r\nid;name\r\n1;a,b'],
  ["Excel's first line in quotes", '"sep=\t"\r\nid\tname\r\n1\ta,b'],
])('reads every delimiter', (_, text) => {
  expect(readCsv(text, isTitle).map(({ cells }) => cells)).toEqual([
    ['id', 'name'],
    ['1', 'a,b'],
  ]);
});

it("counts Excel's first line", () => {
  expect(readCsv('sep=;\nid;name\n\n1;x', isTitle).map(({ line }) => line)).toEqual([2, 4]);
});

it('finds the delimiter by the titles, whatever else the first line holds', () => {
  expect(readCsv('id;"a, b, c, d";name\n1;2;3', isTitle)[1]?.cells).toEqual(['1', '2', '3']);
});

it('leaves out lines and rows without a value', () => {
  const text = '\n\nid,name\n,\n1,x\n  ,\n\n,,,\n\n';
  expect(readCsv(text, isTitle).map(({ line }) => line)).toEqual([3, 5]);
});

eachRow([
  ['id,name\r\n1,"open\r\n2,x\r\n', 'none closes it, in the row that begins on line 2'],
  [
    'id,name\n1,x\r\n2,"x"canary\n',
    'closing quotation mark of a cell and the next delimiter, in the row that begins on line 3',
  ],
  ['id,name\r1,canary"x\n', 'does not begin with one, in the row that begins on line 2'],
])('says in words what is no CSV', (text, reason) => {
  expect(() => readCsv(text, isTitle)).toThrow(UsageError);
  expect(() => readCsv(text, isTitle)).toThrow(reason);
  expect(() => readCsv(text, isTitle)).not.toThrow('canary');
});

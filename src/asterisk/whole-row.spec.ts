import { eachRow } from '../../test/support/each-row';
import { wholeRowOf } from './whole-row';

eachRow<[unknown, string | null]>([
  [null, null],
  [undefined, null],
  ['', ''],
  ['a^3Bb', 'a^3Bb'],
  [3, '3'],
  [12n, '12'],
  [Buffer.from('bytes'), 'bytes'],
  [{ json: true }, '{"json":true}'],
  ['x'.repeat(5_000), 'x'.repeat(2_048)],
])('every value is a text of a bounded length', (value, text) => {
  expect(wholeRowOf({ Column: value })).toEqual({ column: text });
});

it('leaves out names that are no names of columns, and columns without end', () => {
  expect(wholeRowOf({ 'a b': 1, __proto__x: 2, id: 3 })).toEqual({ __proto__x: '2', id: '3' });
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`c${at}`, at]));
  expect(Object.keys(wholeRowOf(many))).toHaveLength(400);
});

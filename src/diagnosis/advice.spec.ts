import { eachRow } from '../../test/support/each-row';
import { sqlText } from '../platform/database/sql-text';
import { quoted, subjectOf } from './advice';

eachRow([
  ['2001', '2001'],
  ['a.b+c', 'a.b+c'],
  ['*72', "'*72'"],
  ["a'; rm -rf /", `'a'\\''; rm -rf /'`],
  ['$(x)', "'$(x)'"],
])('a number is one word to a shell', (extension, word) => {
  expect(subjectOf({ customerId: 'c', extension })).toBe(`--customer-id c --extension-number ${word}`);
});

eachRow([
  ['2001@r.example.org', "'2001@r.example.org'"],
  ['2001@r^3B@hash', "'2001@r^3B@hash'"],
  ["a'b", "_utf8mb4 X'612762'"],
  ['a\\b', "_utf8mb4 X'615c62'"],
])('a text of SQL ends at no quote', (text, sql) => {
  expect(sqlText(text)).toBe(sql);
});

eachRow<[string | null | undefined, string]>([
  [null, 'NULL'],
  [undefined, 'NULL'],
  ['', '""'],
  ['a', '"a"'],
  ['x'.repeat(100), `"${'x'.repeat(80)}…"`],
])('a stored value is quoted and cut', (value, shown) => {
  expect(quoted(value)).toBe(shown);
});

import { eachRow } from '../../../../test/support/each-row';
import { isTooOld, parseServerVersion, versionProblem } from './server-version';

describe('parseServerVersion', () => {
  eachRow([
    ['8.0.36', 'MySQL', [8, 0, 36]],
    ['8.0.36-28.1', 'MySQL', [8, 0, 36]],
    ['8.0.31-google', 'MySQL', [8, 0, 31]],
    ['8.0.mysql_aurora.3.04.0', 'MySQL', [8, 0, undefined]],
    ['9.7.4-2', 'MySQL', [9, 7, 4]],
    ['8.0.11-TiDB-v7.5.0', 'MySQL', [8, 0, 11]],
    ['10.11.6-MariaDB-0+deb12u1', 'MariaDB', [10, 11, 6]],
    ['10.6.14-MariaDB-log', 'MariaDB', [10, 6, 14]],
    ['5.5.5-10.5.9-MariaDB', 'MariaDB', [10, 5, 9]],
    ['5.5.68-MariaDB', 'MariaDB', [5, 5, 68]],
  ])('reads what each server calls itself', (text, product, parts) =>
    expect(parseServerVersion(text)).toEqual({ product, parts }),
  );

  eachRow(['', 'a proxy', 'v8', '8', '-8.0.1'])('does not read what is no version', (text) =>
    expect(parseServerVersion(text)).toBeUndefined(),
  );
});

eachRow([
  ['5.7.44', true],
  ['8.0.18', true],
  ['8.0.19', false],
  ['8.0.mysql_aurora.3.04.0', false],
  ['8.4.0', false],
  ['9.7.4', false],
  ['10.5.27-MariaDB', true],
  ['5.5.5-10.5.9-MariaDB', true],
  ['10.6.0-MariaDB', false],
  ['11.8.6-MariaDB', false],
])('what is too old is told as such', (text, old) => expect(isTooOld(parseServerVersion(text)!)).toBe(old));

it('says what is there and what is needed, and repeats no odd text', () => {
  expect(versionProblem('5.5.5-10.5.9-MariaDB')).toEqual({
    text: 'the server is MariaDB, version 5.5.5-10.5.9-MariaDB; MySQL 8.0.19 or MariaDB 10.6 is needed (for SKIP LOCKED and JSON_TABLE)',
    isTooOld: true,
  });
  expect(versionProblem('10.11.6-MariaDB')).toBeUndefined();
  expect(versionProblem('<b>x</b>')).toEqual({
    text: "the server's version cannot be read: it says a text that is no version",
    isTooOld: false,
  });
});

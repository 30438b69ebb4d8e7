import { eachRow } from '../../../../test/support/each-row';
import { UsageError } from '../../terminal/exit-code';
import { importFormat, readCsvRows } from './extension-file';
import { readJsonRows } from './extension-json';
import { readRows, type ImportRow } from './extension-rows';

const CUSTOMER = '3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11';

const fromCsv = (text: string): ImportRow[] => readRows(readCsvRows(text), CUSTOMER);

function problemsOf(text: string, read: (text: string) => unknown = fromCsv): readonly string[] {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const [count, ...problems] = error.problems;
    expect(count).toMatch(new RegExp(`^${problems.length} problems?, nothing was imported:$`));
    return problems;
  }
  throw new Error('the file was read');
}

function problemsOfJson(value: unknown): readonly string[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return problemsOf(text, () => readRows(readJsonRows(text), CUSTOMER));
}

describe('the titles of a file', () => {
  it('are reported once and by name when they are unknown', () => {
    const rows = '1,2,3,4\n5,6,7,8\n9,10,11,12';
    expect(problemsOf(`action,extension,cid_masquerade,\n${rows}`)).toEqual([
      'line 1: unknown columns: action, cid_masquerade; column 4 has no title; known are customer_id, extension, username, password, name, detail',
    ]);
    expect(problemsOf('customer_id,extension,name,\n1,2,3,')).toEqual(['line 1: column 4 has no title']);
    expect(problemsOf('action,secret\na,b')).toEqual([expect.stringContaining('unknown columns: action, secret')]);
  });

  it.each([
    ['Durchwahl;Größe;extension', 'unknown columns: Durchwahl, Größe'],
    ['分机;extension', 'unknown columns: 分机'],
    ['extension;t38;caller.id', 'unknown columns: t38, caller.id'],
    ['\n\nextension;password;action', 'line 3: unknown columns: action'],
  ])('are told by name in any language: %p', (titles, told) => {
    expect(problemsOf(`${titles}\n1,2,3`)[0]).toContain(told);
  });

  it.each(['EXTENSİON,password', 'extension\u200b,Password', 'ext\u00adension,PASSWORD'])(
    'are known in any spelling: %p',
    (titles) => expect(readRows(readCsvRows(`${titles}\n2001,secret12`), CUSTOMER)).toHaveLength(1),
  );

  it('may have a blank after each comma, which is not part of a value', () => {
    const [row] = readCsvRows('extension, password, name\n2001, secret12, "Front, desk"');
    expect(row?.cells).toEqual({ extension: '2001', password: 'secret12', name: 'Front, desk' });
  });

  it('are reported without values when the file has no titles or a cell is no title', () => {
    expect(problemsOf(`${CUSTOMER},2001,alice,Canary\n${CUSTOMER},2002,bob,Canary`)).toEqual([
      'line 1: has none of the columns customer_id, extension, username, password, name, detail: the first line must hold the titles',
    ]);
    const [problem] = problemsOf('extension,Canary1!\n2001,x');
    expect(problem).toContain('1 unknown column without a name to show');
    expect(problem).not.toContain('Canary');
  });

  it.each([
    ['customer_id,extension,number,name,name', 'column extension is there twice; column name is there twice'],
    ['customer_id,extension,Extension Number', 'column extension is there twice'],
    ['customer_id,extension,password,PASSWORD', 'column password is there twice'],
    ['customer_id,extension,user-name,username', 'column username is there twice'],
  ])('are there once: %s', (header, problem) => {
    expect(problemsOf(`${header}\n${CUSTOMER},3001,3002,first,second`)).toEqual([`line 1: ${problem}`]);
  });

  it('may have any case, blanks around them, and the line of Excel before them', () => {
    const [row] = fromCsv(`sep=;\r\n Customer ID ;NUMBER;User-Name; Password\r\n${CUSTOMER};2001;alice;secret\r\n`);
    expect(row).toMatchObject({ at: 'line 3', request: { extension: '2001', username: 'alice', password: 'secret' } });
  });

  it('are checked in JSON rows too, each fault reported once', () => {
    expect(problemsOfJson([{ number: '1', extension: '2' }])).toEqual(['row 1: key extension is there twice']);
    expect(problemsOfJson('[{"extension":"1","password":"a","password":"b"}]')).toEqual([
      'row 1: key password is there twice',
    ]);
    expect(problemsOfJson([1, 2, 3].map((extension) => ({ extension, action: 'add' })))).toEqual([
      expect.stringMatching(/^row 1 and 2 more: unknown keys: action; known are /),
    ]);
  });
});

describe('the rows of a file', () => {
  it.each(['12-Oct', 'Mai-03'])('hold no number that was read as the date %s; as a password it may be', (date) => {
    expect(problemsOf(`extension,password\n${date},x`)).toEqual([expect.stringContaining('extension is a date')]);
    expect(fromCsv(`extension,password\n2001,${date}`)).toHaveLength(1);
  });

  it('keep their values and line numbers with mixed line ends', () => {
    const rows = fromCsv('extension,name,password\n1001,Front desk,abc\r\n1002,Back,"def"\r1003,"a\rb",g');
    expect(rows.map(({ at, request: { name, password } }) => [at, name, password])).toEqual([
      ['line 2', 'Front desk', 'abc'],
      ['line 3', 'Back', 'def'],
      ['line 4', 'a\rb', 'g'],
    ]);
    expect(problemsOf('extension,name\n1001,a\r\nbad one,b\r\n')).toEqual([
      expect.stringMatching(/^line 3: extension must hold only/),
    ]);
  });

  eachRow([
    '1.5E+09',
    '4.93012E+11',
    '4.93012345678E11',
    '493.0E+9',
    '1E+5',
    '"4,93012E+11"',
    '#NAME?',
    '#YOK',
    '#Н/Д',
    'Err:504',
    '"=""0049"""',
    '2001.0',
    '1001.00',
    '1.001',
    '"12,345,678"',
  ])('are not taken where a spreadsheet has damaged a number or a password', (cell) => {
    const value = cell.replaceAll('"', '');
    for (const column of ['extension', 'username', 'password']) {
      const row = ['extension', 'username', 'password'].map((name) => (name === column ? cell : '2002'));
      const [problem, ...more] = problemsOf(`extension,username,password\n2001,2001,x\n${row.join(',')}`);
      expect(more).toEqual([]);
      expect(problem).toMatch(new RegExp(`^line 3: ${column} (is|ends) .*; write it as text, or with an apostrophe`));
      expect(problem).not.toContain(value);
    }
  });

  it('keep a value that looks damaged after an apostrophe, and in JSON', () => {
    const [row] = fromCsv("extension,password\n'1.5E+09,'#NAME?");
    expect(row?.request).toMatchObject({ extension: '1.5E+09', password: '#NAME?' });
    const [json] = readRows(readJsonRows('[{"extension":"1.5E+09"}]'), CUSTOMER);
    expect(json?.request.extension).toBe('1.5E+09');
  });

  it('of JSON are refused when a number may have lost digits', () => {
    for (const text of ['4.93012E+11', '1.5', '12345678901234567890']) {
      expect(problemsOfJson(`[{"extension":${text}}]`)).toEqual([
        expect.stringMatching(/^row 1: extension must be a text/),
      ]);
    }
    expect(readRows(readJsonRows('[{"number":2001}]'), CUSTOMER)[0]?.request.extension).toBe('2001');
  });

  it('take a number and a password without the apostrophe of an export, and keep any other', () => {
    const cells = readCsvRows("extension,password\n'+4930123,'-pass1234\n2002,'secret\n2003,''secret");
    expect(cells.map(({ hasMarkedPassword }) => hasMarkedPassword)).toEqual([true, false, true]);
    expect(readRows(cells, CUSTOMER).map(({ request: { extension, password } }) => [extension, password])).toEqual([
      ['+4930123', '-pass1234'],
      ['2002', "'secret"],
      ['2003', "'secret"],
    ]);
  });

  it('may lack their last empty cells or have more, but are not cut off before the password', () => {
    const rows = fromCsv('extension,password,name,detail\n2001,abc\n2002,def,n,d,,\n2003,\n');
    expect(rows.map(({ hasGeneratedPassword }) => hasGeneratedPassword)).toEqual([false, false, true]);
    expect(problemsOf('extension,name,password\n2001,a\n2002,b,c,canary')).toEqual([
      'line 2: ends before its password; an empty cell gets a new one',
      'line 3: has 4 cells, the first line has 3',
    ]);
  });

  it('without a value are left out', () => {
    expect(fromCsv('extension,name\r\n2001,a\r\n,\r\n\r\n,,,\r\n')).toHaveLength(1);
  });
});

describe('the format of a file', () => {
  eachRow([
    ['a.csv', undefined, 'csv', false],
    ['A.CSV', 'json', 'csv', false],
    ['a.csv', 'csv', 'csv', true],
    ['a.tsv', undefined, 'csv', false],
    ['a.tsv', 'json', 'csv', false],
    ['a.txt', 'table', 'csv', false],
    ['a.txt', 'csv', 'csv', true],
    ['a.txt', 'json', 'json', true],
    ['a.json', 'json', 'json', false],
    ['-', 'csv', 'csv', true],
    ['-', 'json', 'json', true],
    ['/dev/stdin', 'csv', 'csv', true],
  ] as const)('is told by its name or by --format', (path, given, format, isGiven) => {
    expect(importFormat(path, given)).toEqual({ format, isGiven });
  });

  eachRow([
    ['-', undefined],
    ['/dev/stdin', 'table'],
    ['a.xlsx', undefined],
    ['a.json', 'csv'],
  ] as const)('is refused when its name and --format do not tell it', (path, given) => {
    expect(() => importFormat(path, given)).toThrow(UsageError);
  });
});

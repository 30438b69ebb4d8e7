import { nearestFlag, takeConfigFlags, unknownFlag } from './flags';

describe('takeConfigFlags', () => {
  it.each([
    [['--database_dsn_bin', 'x']],
    [['--database-dsn-bin', 'x']],
    [['--database_dsn_bin=x']],
    [['--database-dsn-bin=x']],
  ])('reads %p', (argv) => {
    expect(takeConfigFlags(argv).flags).toEqual(new Map([['DATABASE_DSN_BIN', 'x']]));
  });

  it('leaves everything else in its order', () => {
    const taken = takeConfigFlags([
      'extension',
      'create',
      '--name',
      'n',
      '--redis_database=2',
      '--',
      '--redis_database=3',
    ]);
    expect(taken.rest).toEqual(['extension', 'create', '--name', 'n', '--', '--redis_database=3']);
    expect(taken.flags).toEqual(new Map([['REDIS_DATABASE', '2']]));
  });

  it('keeps a value that holds equal signs or looks like a flag', () => {
    expect(takeConfigFlags(['--redis_password', '--a=b', '--database_dsn_bin=u:p=q@/d']).flags).toEqual(
      new Map([
        ['REDIS_PASSWORD', '--a=b'],
        ['DATABASE_DSN_BIN', 'u:p=q@/d'],
      ]),
    );
  });

  it('reports a flag without its value', () => {
    expect(takeConfigFlags(['--log-level']).problems).toEqual(['--log_level: needs a value']);
  });
});

describe('unknownFlag', () => {
  it('names the nearest flag and never the value', () => {
    expect(unknownFlag('--redis-adress=hunter2')).toBe('--redis_adress: unknown, did you mean --redis_address?');
    expect(unknownFlag('hunter2')).toBe('an argument: unknown');
    expect(unknownFlag('--zzzzzz')).toBe('--zzzzzz: unknown');
  });

  it('looks among the names it is given', () => {
    expect(nearestFlag('pasword', ['username', 'password'])).toBe('password');
  });
});

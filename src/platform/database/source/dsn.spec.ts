import fc from 'fast-check';
import { eachRow } from '../../../../test/support/each-row';
import { DsnError, maskDsn, parseDsn } from './dsn';

describe('parseDsn', () => {
  it('reads a whole DSN', () => {
    expect(
      parseDsn('bin-manager:s3cret@tcp(10.96.0.112:3307)/bin_manager?charset=utf8mb4,utf8&parseTime=true'),
    ).toEqual({
      user: 'bin-manager',
      password: 's3cret',
      host: '10.96.0.112',
      port: 3307,
      database: 'bin_manager',
      params: { charset: 'utf8mb4' },
    });
  });

  eachRow([
    ['/', { user: '', password: '', host: '127.0.0.1', port: 3306, database: '' }],
    ['/db', { host: '127.0.0.1', port: 3306, database: 'db' }],
    ['user@/db', { user: 'user', password: '', host: '127.0.0.1', database: 'db' }],
    ['user:@tcp/db', { user: 'user', password: '', host: '127.0.0.1', port: 3306 }],
    ['@(db.example)/db', { host: 'db.example', port: 3306 }],
    ['u:p@tcp(db.example)/', { host: 'db.example', port: 3306, database: '' }],
    ['u:p@tcp(:3307)/db', { host: '127.0.0.1', port: 3307 }],
    ['u:p@tcp([2001:db8::1]:3307)/db', { host: '2001:db8::1', port: 3307 }],
    ['u:p@tcp(2001:db8::1)/db', { host: '2001:db8::1', port: 3306 }],
    ['u:p@unix(/run/my@sql.sock)/db', { user: 'u:p@unix(/run/my', skip: true }],
    ['u:p@unix(/run/mysqld.sock)/db', { socketPath: '/run/mysqld.sock', database: 'db' }],
    ['u:p@unix/db', { socketPath: '/tmp/mysql.sock' }],
    ['u:p@w@rd@tcp(h:1)/db', { user: 'u', password: 'p@w@rd', host: 'h', port: 1 }],
    ['u:p/w:(x)@tcp(h:1)/db', { user: 'u', password: 'p/w:(x)', host: 'h' }],
    ['u:100%41@/db', { password: '100%41' }],
    ['u:p@/d%2Fb', { database: 'd/b' }],
    ['u:p@/a+b', { database: 'a+b' }],
  ] as [string, Record<string, unknown>][])('reads every part, or its default', (text, { skip, ...expected }) => {
    // The last @ before the last slash ends the password, even inside a socket path: the Go driver refuses that, too.
    if (skip) expect(() => parseDsn(text)).toThrow(DsnError);
    else expect(parseDsn(text)).toMatchObject(expected);
  });

  eachRow([
    ['tls=true', { tls: 'true', ssl: { rejectUnauthorized: true, verifyIdentity: true } }],
    ['tls=skip-verify', { tls: 'skip-verify', ssl: { rejectUnauthorized: false, verifyIdentity: false } }],
    ['tls=preferred', { tls: 'preferred' }],
    ['tls=False', { tls: 'false' }],
    [
      'timeout=1m30s&readTimeout=500ms&writeTimeout=1.5s',
      { timeoutMs: 90_000, readTimeoutMs: 500, writeTimeoutMs: 1500 },
    ],
    ['timeout=0', { timeoutMs: 0 }],
    ['charset=utf8,latin1', { charset: 'utf8' }],
    ["time_zone='%2B00%3A00'&tx_isolation=%27READ-COMMITTED%27&autocommit=true", {}],
    ['allowNativePasswords=true&clientFoundRows=true&maxAllowedPacket=0&loc=Etc%2FUTC', {}],
    ['parseTime=true&loc=Local', {}],
    ['collation=utf8_bin&loc=UTC&interpolateParams=true&nonsense', { collation: 'utf8mb4_bin' }],
    ['collation=utf8mb4_uca1400_ai_ci', { collation: 'utf8mb4_uca1400_ai_ci' }],
    ['allowCleartextPasswords=true', { isCleartextAllowed: true }],
  ])('reads the parameters', (text, expected) => expect(parseDsn(`u:p@/db?${text}`).params).toEqual(expected));

  eachRow([
    '',
    'secret',
    'secret:secret@tcp(h:1)',
    'u:secret/db',
    'u:secret@tcp(h:1/db',
    'u:secret@tcp(h:1)secret/db',
    'u:secret@udp(h)/db',
    'u:secret@tcp(h:secret)/db',
    'u:secret@tcp(h:0)/db',
    'u:secret@tcp(h:70000)/db',
    'u:p@/secret%zz',
    'u:p@/db?tls=secret',
    'u:p@/db?timeout=secret',
    'u:p@/db?timeout=5',
    'u:p@/db?tls=secret-config',
    'u:p@/db?charset=latin1',
    'u:p@/db?collation=latin1_swedish_ci',
    'u:p@/db?loc=Asia%2FSeoul',
    'u:p@/db?allowNativePasswords=false',
    'u:p@/db?allowFallbackToPlaintext=true',
    'u:p@/db?serverPubKey=mine',
    "u:p@/db?time_zone='%2B09%3A00'",
    'u:p@/db?sql_mode=secret',
    'u:p@/db?tx_isolation=SERIALIZABLE',
    'u:p@/db?autocommit=0',
    'u:p@/db?wsrep_sync_wait=secret',
    'u:p@/db?secret=1',
  ])('refuses what is no DSN, without repeating it', (text) => {
    expect(() => parseDsn(text)).toThrow(DsnError);
    expect(() => parseDsn(text)).not.toThrow(/secret/);
  });

  const hostile = fc.string({
    unit: fc.constantFrom('@', ':', '/', '(', ')', '?', '&', '=', '%', '#', ' ', 'ä', 'a', '1'),
  });

  it('gives back any password as it was written', () =>
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 65_535 }), (password, port) => {
        const parsed = parseDsn(`user:${password}@tcp(db.example:${port})/bin_manager?parseTime=true`);
        expect(parsed).toMatchObject({ user: 'user', password, host: 'db.example', port, database: 'bin_manager' });
      }),
    ));

  it('throws nothing but DsnError, whose message is one of a few', () =>
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          parseDsn(text);
        } catch (error) {
          expect(error).toBeInstanceOf(DsnError);
          expect((error as Error).message).toMatch(/^(the |tls must|\w+ must be a duration)/);
        }
      }),
    ));
});

it('names a parameter that the service sets itself, and no other', () => {
  expect(() => parseDsn('u:p@/db?sql_mode=ANSI')).toThrow('the parameter sql_mode is set by the service itself');
  expect(() => parseDsn('u:p/word@/db?swallowed=1')).toThrow('session variables are not taken');
});

describe('maskDsn', () => {
  it('shows where a DSN leads', () => {
    expect(maskDsn('u:secret@tcp(h:1)/db?tls=true')).toBe('***@tcp(h:1)/db');
    expect(maskDsn('u:secret@unix(/run/s)/db')).toBe('***@unix(/run/s)/db');
    expect(maskDsn('no dsn: secret')).toBe('***');
  });

  it('never shows a password', () =>
    fc.assert(
      fc.property(fc.string({ minLength: 4 }), (password) => {
        const secret = `CANARY${password}`;
        expect(maskDsn(`u:${secret}@tcp(h:1)/db`)).not.toContain('CANARY');
        expect(maskDsn(`u:${secret}@tcp(h:1`)).not.toContain('CANARY');
      }),
    ));
});

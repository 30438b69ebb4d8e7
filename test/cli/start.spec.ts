import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { PROGRAM, control, type Ended } from './control';

const LEVELS = [
  [],
  ...['extension', 'trunk', 'contact', 'schema', 'events', 'parked', 'reconcile', 'doctor', 'completion'].map(
    (name) => [name],
  ),
  ...['create', 'get', 'diagnose', 'list', 'update', 'delete', 'regenerate-hash', 'import', 'export'].map((name) => [
    'extension',
    name,
  ]),
  ...['create', 'get', 'list', 'update', 'delete'].map((name) => ['trunk', name]),
  ...['list', 'refresh', 'flush'].map((name) => ['contact', name]),
  ...[
    ['schema', 'verify'],
    ['schema', 'apply'],
    ['events', 'tail'],
    ['parked', 'list'],
    ['parked', 'replay'],
  ],
];

/** Everything is away, and its address would not even pass the rules. */
const NOTHING: Record<string, string> = { DATABASE_DSN_BIN: 'none', RABBITMQ_ADDRESS: 'none', REDIS_ADDRESS: 'none' };
const run = (...args: string[]): Promise<Ended> => control(args, { environment: NOTHING });

describe('without any dependency', () => {
  it.each(LEVELS.map((words) => [words.join(' ') || '(nothing)', words]))(
    'helps with %s, with an example to paste',
    async (_, words) => {
      const { code, stdout, stderr } = await run(...words, '--help');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/Examples:\n {2}\$ (source <\()?registrar-control/);
    },
  );

  it('tells its version', async () => {
    expect(await run('--version')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
  });

  it('starts in under a second of the processor, which on a machine of its own is the time it takes', () => {
    const script = 'TIMEFORMAT="%U %S"; time "$@" > /dev/null';
    const { stderr } = spawnSync('bash', ['--norc', '-c', script, 'bash', process.execPath, PROGRAM, '--help'], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', ...NOTHING },
    });
    expect(stderr).toMatch(/^\d+\.\d+ \d+\.\d+\n$/);
    const [user = NaN, system = NaN] = stderr.trim().split(' ').map(Number);
    expect(user + system).toBeLessThan(1);
  });

  it('loads nothing of Nest and no driver to help', () => {
    const script = `process.argv.push('--help'); require('${PROGRAM}');
      process.on('exit', () => process.stderr.write(Object.keys(require.cache).join('\\n')));`;
    const { stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', env: NOTHING });
    expect(stderr).toContain('commander');
    expect(stderr).not.toMatch(/node_modules\/(@nestjs|typeorm|mysql2|amqplib|ioredis)\//);
  });

  it.each([
    [['extension', 'create', '--pasword', 'canary'], 'did you mean --password?'],
    [['extension', 'create', '--pasword=canary'], 'did you mean --password?'],
    [['extension', 'create', '--extension_numbr', '1'], 'did you mean --extension-number?'],
    [['extension', 'list', '--rabbitmq_adress', 'canary'], 'did you mean --rabbitmq-address?'],
    [['extension', 'list', '--customer-id', 'canary'], '--customer-id must be a uuid'],
    [['extension', 'list', '--limit', '-5'], '--limit must be a whole number from 1 to 1000'],
    [['extension', 'list', '--format', 'jsno'], 'did you mean json?'],
    [['extension', 'list', '--token', 'canary'], '--token must be a time'],
    [['extension', 'get'], '--id is required'],
    [['extension', 'get', '--id'], '--id needs a value'],
    [['extension', 'crate'], 'Did you mean create?'],
    [['extention', 'get'], 'Did you mean extension?'],
    [['completion', 'bahs'], 'did you mean bash?'],
    [['parked', 'replay', '5'], 'too many arguments'],
    [['extension', 'delete', '--force=canary'], '--force takes no value'],
    [['doctor', '--format', 'csv'], '--format csv is for lists'],
    [['extension', 'import', 'rows.xlsx'], 'must end in .csv or .json'],
    [
      [
        'extension',
        'create',
        '--password',
        'a',
        '--generate-password',
        '--username',
        'a',
        '--customer-id',
        '3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11',
      ],
      'only one of',
    ],
  ])('%j is used wrongly, and says how it is right', async (args, hint) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(hint);
    expect(stderr).not.toContain('canary');
  });

  it('shows the help of a group that is not told what to do', async () => {
    for (const args of [[], ['extension'], ['parked']]) {
      const { code, stdout, stderr } = await run(...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('Usage: registrar-control');
    }
  });

  it('lists everything that is wrong with the configuration, without values', async () => {
    const id = '3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11';
    const { code, stderr } = await run('trunk', 'get', '--id', id, '--redis-address', 'canary');
    expect(code).toBe(2);
    for (const name of ['DATABASE_DSN_BIN', 'DATABASE_DSN_ASTERISK', 'RABBITMQ_ADDRESS', 'REDIS_ADDRESS']) {
      expect(stderr).toContain(name);
    }
    expect(stderr).not.toContain('canary');
  });
});

describe('completion', () => {
  it('completes commands and flags in a real bash', async () => {
    const { stdout: script } = await run('completion', 'bash');
    const complete = (...words: string[]): string[] => {
      const line = `${script}\nCOMP_WORDS=(registrar-control ${words.map((word) => `'${word}'`).join(' ')})
        COMP_CWORD=${words.length}\n_registrar_control\necho "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', line], { encoding: 'utf8' }).stdout.trim().split(' ');
    };
    expect(complete('ext')).toEqual(['extension']);
    expect(complete('extension', 're')).toEqual(['regenerate-hash']);
    expect(complete('extension', 'create', '--ext')).toEqual(['--extension-number']);
    expect(complete('trunk', 'create', '--domain', 'x', '--all')).toEqual(['--allowed-ips']);
    expect(complete('extension', 'import', 'rows.csv', '--dry')).toEqual(['--dry-run']);
    expect(complete('--redis_address', 'host:6379', 'parked', 'r')).toEqual(['replay']);
    expect(complete('extension', 'list', '--format', '')).toEqual(['table', 'json', 'csv']);
    expect(complete('extension', 'list', '--limit', '')).toEqual(['']);
    expect(complete('completion', 'z')).toEqual(['zsh']);
  });

  it.each(['zsh', 'fish'])('names every command for %s', async (shell) => {
    const { code, stdout } = await run('completion', shell);
    expect(code).toBe(0);
    for (const words of LEVELS) for (const word of words) expect(stdout).toContain(word);
    expect(stdout).toContain('allowed-ips');
    expect(stdout).toContain('version');
  });
});

describe('docs/cli.md', () => {
  it('is what the commands say', () => {
    const script = resolve(__dirname, '../../scripts/cli-docs.mjs');
    expect(spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Test } from '@nestjs/testing';
import { Config, ConfigError, ConfigModule, configTable, loadConfig } from './config';
import { VARIABLES } from './variables';

const CANARY = 'c4n@ry/:pass';
const required = {
  DATABASE_DSN_BIN: `bin:${CANARY}@tcp(127.0.0.1:3306)/bin_manager?parseTime=true`,
  DATABASE_DSN_ASTERISK: `asterisk:${CANARY}@tcp(db:3306)/asterisk`,
  RABBITMQ_ADDRESS: 'amqp://guest:c4nary@rabbit:5672',
  REDIS_ADDRESS: 'redis:6379',
  DOMAIN_NAME_EXTENSION: 'registrar.example.org',
  DOMAIN_NAME_TRUNK: 'trunk.example.org',
};

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'config-'));
});

afterEach(() => rmSync(cwd, { recursive: true }));

const load = (env: Record<string, string> = {}, argv: string[] = []): Config =>
  loadConfig({ argv, env: { ...required, ...env }, cwd });

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('expected a ConfigError');
}

describe('loadConfig', () => {
  it('fills in every default', () => {
    expect(Object.fromEntries(Object.entries(load()))).toEqual({
      databaseDsnBin: required.DATABASE_DSN_BIN,
      databaseDsnAsterisk: required.DATABASE_DSN_ASTERISK,
      rabbitmqAddress: required.RABBITMQ_ADDRESS,
      redisAddress: 'redis:6379',
      redisUsername: '',
      redisPassword: '',
      redisDatabase: 0,
      prometheusEndpoint: '/metrics',
      prometheusListenAddress: { port: 2112 },
      domainNameExtension: 'registrar.example.org',
      domainNameTrunk: 'trunk.example.org',
      asteriskAmiAddresses: [],
      asteriskAmiUsername: '',
      asteriskAmiPassword: '',
      resourceLimitCheck: true,
      directHash: true,
      logLevel: 'info',
      databaseMigrate: 'auto',
      asteriskEndpointDefaults: { ps_endpoints: new Map(), ps_aors: new Map() },
      contactsOnPasswordChange: 'flush',
      reconcileIntervalSeconds: 600,
      databasePoolSize: 16,
      rpcConcurrency: 256,
      createConcurrency: 24,
      createQueue: 200,
      eventConcurrency: 10,
      outboxRetentionHours: 168,
      shutdownTimeoutSeconds: 20,
    });
  });

  it('prefers flag over environment over .env over default, and leaves the environment alone', () => {
    writeFileSync(join(cwd, '.env'), 'RPC_CONCURRENCY=1\nCREATE_CONCURRENCY=2\nCREATE_QUEUE=3\n');
    const before = { ...process.env };
    const config = load({ RPC_CONCURRENCY: '11', CREATE_CONCURRENCY: '12' }, ['--rpc-concurrency=21']);
    expect([config.rpcConcurrency, config.createConcurrency, config.createQueue]).toEqual([21, 12, 3]);
    expect(process.env).toEqual(before);
  });

  it('takes an empty text as the default, also over .env', () => {
    writeFileSync(join(cwd, '.env'), 'PROMETHEUS_ENDPOINT=/other\n');
    const config = load({ PROMETHEUS_ENDPOINT: '', PROMETHEUS_LISTEN_ADDRESS: '' });
    expect(config.prometheusEndpoint).toBe('/metrics');
    expect(config.prometheusListenAddress).toEqual({ port: 2112 });
  });

  it.each([
    ['1', 1],
    ['abc', 0],
    ['-1', 0],
    ['', 0],
    ['1.5', 0],
  ])('reads REDIS_DATABASE %p as %p', (text, value) => {
    expect(load({ REDIS_DATABASE: text }).redisDatabase).toBe(value);
  });

  it.each([
    [':2112', { port: 2112 }],
    [':0', { port: 0 }],
    ['127.0.0.1:2112', { host: '127.0.0.1', port: 2112 }],
    ['[::]:2112', { host: '::', port: 2112 }],
  ])('reads listen address %p', (text, parsed) => {
    expect(load({ PROMETHEUS_LISTEN_ADDRESS: text }).prometheusListenAddress).toEqual(parsed);
  });

  it.each(['a', 'A-1.b', `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`])(
    'accepts the base domain %p',
    (domain) => expect(load({ DOMAIN_NAME_TRUNK: domain }).domainNameTrunk).toBe(domain),
  );

  it.each([
    ['DOMAIN_NAME_TRUNK', 'a..b'],
    ['DOMAIN_NAME_TRUNK', '-a.b'],
    ['DOMAIN_NAME_TRUNK', 'a-.b'],
    ['DOMAIN_NAME_TRUNK', 'a_b'],
    ['DOMAIN_NAME_TRUNK', 'a.b.'],
    ['DOMAIN_NAME_TRUNK', 'a'.repeat(64)],
    ['DOMAIN_NAME_TRUNK', 'a.'.repeat(126) + 'bb'],
    ['DOMAIN_NAME_TRUNK', 'a.b\n'],
    ['DATABASE_DSN_BIN', 'user:secret@tcp(host:3306)'],
    ['DATABASE_DSN_BIN', 'user:secret@tcp(host:3306)/'],
    ['RABBITMQ_ADDRESS', 'http://rabbit'],
    ['RABBITMQ_ADDRESS', 'amqp://'],
    ['REDIS_ADDRESS', 'redis'],
    ['REDIS_ADDRESS', 'redis:0'],
    ['REDIS_ADDRESS', 'redis:70000'],
    ['PROMETHEUS_LISTEN_ADDRESS', '2112'],
    ['PROMETHEUS_ENDPOINT', 'metrics'],
    ['PROMETHEUS_ENDPOINT', '/health'],
    ['PROMETHEUS_ENDPOINT', '/:id'],
    ['ASTERISK_AMI_ADDRESSES', 'asterisk'],
    ['ASTERISK_AMI_ADDRESSES', ':5038'],
    ['ASTERISK_AMI_ADDRESSES', 'asterisk:0'],
    ['ASTERISK_AMI_ADDRESSES', 'a:5038,,b:5038'],
    ['ASTERISK_AMI_ADDRESSES', 'a:5038,a:5038'],
    ['ASTERISK_AMI_ADDRESSES', 'user:secret@asterisk:5038'],
    ['ASTERISK_AMI_ADDRESSES', Array.from({ length: 33 }, (_, n) => `a${n}:5038`).join()],
    ['ASTERISK_AMI_USERNAME', 'user\r\nAction: Originate'],
    ['ASTERISK_AMI_PASSWORD', 'secret\n'],
    ['ASTERISK_AMI_PASSWORD', 'a'.repeat(257)],
    ['RESOURCE_LIMIT_CHECK', 'maybe'],
    ['LOG_LEVEL', 'loud'],
    ['DATABASE_POOL_SIZE', '0'],
    ['RPC_CONCURRENCY', '65536'],
    ['RECONCILE_INTERVAL_SECONDS', '-1'],
  ])('refuses %s=%p by name and rule', (name, value) => {
    const rule = Object.values(VARIABLES).find(({ env }) => env === name)!.rule;
    expect(problemsOf(() => load({ [name]: value }))).toEqual([`${name}: ${rule}`]);
  });

  it('reads the nodes of Asterisk, and wants a login for them', () => {
    const ASTERISK_AMI_ADDRESSES = 'asterisk-1:5038, [2001:db8::1]:5039';
    const login = { ASTERISK_AMI_USERNAME: 'registrar', ASTERISK_AMI_PASSWORD: CANARY };
    const config = load({ ASTERISK_AMI_ADDRESSES, ...login });
    expect(config.asteriskAmiAddresses).toEqual([
      { host: 'asterisk-1', port: 5038 },
      { host: '2001:db8::1', port: 5039 },
    ]);
    expect(JSON.stringify(config)).not.toContain(CANARY);
    expect(problemsOf(() => load({ ASTERISK_AMI_ADDRESSES }))).toEqual([
      'ASTERISK_AMI_USERNAME: required with ASTERISK_AMI_ADDRESSES',
      'ASTERISK_AMI_PASSWORD: required with ASTERISK_AMI_ADDRESSES',
    ]);
    expect(load(login).asteriskAmiAddresses).toEqual([]);
  });

  it('says which parameter of a DSN it does not take', () => {
    expect(problemsOf(() => load({ DATABASE_DSN_BIN: 'u:secret@tcp(h:1)/d?sql_mode=ANSI' }))).toEqual([
      'DATABASE_DSN_BIN: user:password@tcp(host:port)/database[?params]; the parameter sql_mode is set by the service itself, to another value',
    ]);
  });

  it('keeps prefetch free for what billing asks while creates wait', () => {
    const waiting = { CREATE_CONCURRENCY: '10', CREATE_QUEUE: '20' };
    expect(problemsOf(() => load({ ...waiting, RPC_CONCURRENCY: '30' }))).toEqual([
      'RPC_CONCURRENCY: more than CREATE_CONCURRENCY and CREATE_QUEUE together',
    ]);
    expect(load({ ...waiting, RPC_CONCURRENCY: '31' }).rpcConcurrency).toBe(31);
  });

  it('reports all problems at once and no value', () => {
    const error = problemsOf(() =>
      loadConfig({ argv: ['--databse_dsn_bin', CANARY], env: { REDIS_ADDRESS: CANARY, LOG_LEVEL: CANARY }, cwd }),
    );
    expect(error.join('\n')).not.toContain(CANARY);
    expect(error).toEqual(
      expect.arrayContaining([
        '--databse_dsn_bin: unknown, did you mean --database_dsn_bin?',
        'REDIS_ADDRESS: host:port, or redis[s]://[user[:password]@]host[:port][/database]',
        'LOG_LEVEL: debug | info | warning | error',
        expect.stringMatching(/^DATABASE_DSN_BIN: required, /),
        expect.stringMatching(/^DOMAIN_NAME_TRUNK: required, /),
      ]),
    );
  });
});

describe('Config', () => {
  it('cannot be changed', () => {
    const config = load();
    expect(() => Object.assign(config, { redisDatabase: 5 })).toThrow(TypeError);
  });

  it.each([
    ['toJSON', (config: Config) => JSON.stringify(config.toJSON())],
    ['JSON', (config: Config) => JSON.stringify({ config })],
    ['inspect', (config: Config) => inspect({ config }, { depth: 9, showHidden: true })],
  ])('shows no password through %s', (_, show) => {
    const text = show(load({ REDIS_PASSWORD: CANARY }));
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain('c4nary');
    expect(text).toContain('@tcp(127.0.0.1:3306)/bin_manager');
  });

  it.each([
    ['redis://cache:6380', { redisHost: 'cache', redisPort: 6380, redisTls: false }],
    ['rediss://cache', { redisHost: 'cache', redisPort: 6379, redisTls: true }],
    ['rediss://[::1]:6380/3', { redisHost: '::1', redisPort: 6380, redisTls: true, redisDatabase: 3 }],
    ['redis://:p%40ss@cache:1/', { redisHost: 'cache', redisUsername: '', redisPassword: 'p@ss', redisDatabase: 0 }],
    ['redis://svc:p:w@cache:1/2', { redisUsername: 'svc', redisPassword: 'p:w', redisDatabase: 2 }],
  ])('reads the Redis address %s', (address, expected) => {
    const config = load({ REDIS_ADDRESS: address });
    expect(config).toMatchObject(expected);
    expect(inspect(config)).not.toMatch(/p@ss|p%40ss|p:w/);
  });

  it.each([
    'redis://',
    'redis://cache:0',
    'redis://cache/x',
    'redis://cache/1?a=b',
    'http://cache:1',
    'rediss://cache:99999',
  ])('refuses the Redis address %s', (address) =>
    expect(problemsOf(() => load({ REDIS_ADDRESS: address }))).toHaveLength(1),
  );

  it('refuses a Redis address that says other than a variable beside it, by name', () => {
    const address = 'redis://svc:c4nary@cache:6379/2';
    const same = { REDIS_USERNAME: 'svc', REDIS_PASSWORD: 'c4nary', REDIS_DATABASE: '2' };
    expect(load({ REDIS_ADDRESS: address, ...same })).toMatchObject({ redisUsername: 'svc', redisDatabase: 2 });
    const other = { REDIS_USERNAME: 'a', REDIS_PASSWORD: 'b', REDIS_DATABASE: '3' };
    expect(problemsOf(() => load({ REDIS_ADDRESS: address, ...other }))).toEqual([
      'REDIS_ADDRESS: has another value than REDIS_USERNAME',
      'REDIS_ADDRESS: has another value than REDIS_PASSWORD',
      'REDIS_ADDRESS: has another value than REDIS_DATABASE',
    ]);
  });

  it('refuses database 0 beside the address of another one, and a user without a password', () => {
    const env = { REDIS_ADDRESS: 'redis://cache/1', REDIS_DATABASE: '0', REDIS_USERNAME: 'svc', REDIS_PASSWORD: '' };
    expect(problemsOf(() => load(env))).toEqual([
      'REDIS_ADDRESS: has another value than REDIS_DATABASE',
      'REDIS_USERNAME: needs a password beside it',
    ]);
  });

  it('takes the Redis address apart', () => {
    const config = load({ REDIS_ADDRESS: '[::1]:6380' });
    expect([config.redisHost, config.redisPort]).toEqual(['::1', 6380]);
  });

  it('is what ConfigModule provides', async () => {
    const config = load();
    const module = await Test.createTestingModule({ imports: [ConfigModule.forRoot(config)] }).compile();
    expect(module.get(Config)).toBe(config);
  });
});

it('documents every variable', () => {
  const table = configTable();
  for (const { env } of Object.values(VARIABLES)) expect(table).toContain(`| \`${env}\` |`);
  expect(table).toContain('| `LOG_LEVEL` | `info` | debug \\| info \\| warning \\| error |');
});

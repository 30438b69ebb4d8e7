import { control, operatorsOwn } from '../cli/control';
import { createExtension } from '../factories/extension.factory';
import { eventually } from '../support/conditions';
import { extensionOf } from '../support/envelope';
import { MysqlProxy } from '../support/mysql-proxy';
import { ServiceProcess } from '../support/service';
import { freshId, World } from '../support/world';

const SOON = { timeoutMs: 20_000 };

interface Finding {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
}

const REFUSALS = [
  ['an error', (proxy: MysqlProxy) => proxy.refuse(/get_lock/i, { errno: 1105, sqlState: 'HY000', message: 'no' })],
  [
    'no such function',
    (proxy: MysqlProxy) => proxy.refuse(/get_lock/i, { errno: 1305, sqlState: '42000', message: 'no' }),
  ],
  ['NULL', (proxy: MysqlProxy) => proxy.answer(/get_lock/i, 'mine', null)],
] as const;

describe.each(REFUSALS)('a server that answers GET_LOCK with %s', (_name, refuse) => {
  let world: World;
  let proxy: MysqlProxy;

  beforeAll(async () => {
    world = await World.open({
      environment: { LOG_LEVEL: 'info', RECONCILE_INTERVAL_SECONDS: '1', RESOURCE_LIMIT_CHECK: 'off' },
      replicas: 0,
      prepare: async ({ bin }) => {
        proxy = await MysqlProxy.before('127.0.0.1', bin.port);
        refuse(proxy);
      },
    });
  }, 60_000);
  afterAll(async () => {
    await world.close();
    await proxy.close();
  });

  const through = (): Record<string, string> => ({
    DATABASE_DSN_BIN: world.bin.dsn(proxy.port),
    DATABASE_DSN_ASTERISK: world.asterisk.dsn(proxy.port),
  });

  it('is told why empty databases are not filled', async () => {
    const service = await ServiceProcess.spawn({ ...world.environment(), ...through() });
    expect(await service.ended()).toMatchObject({ code: 1 });
    expect(service.logText()).toMatch(/the server refuses GET_LOCK.*DATABASE_MIGRATE=verify/);
    expect(service.logText()).toContain('CREATE TABLE registrar_extensions (');
    expect(service.logText()).toContain('CREATE TABLE registrar_outbox (');
    expect(await world.bin.rows('SHOW TABLES')).toEqual([]);
  }, 60_000);

  it('serves complete ones, without a lock, and reconciles', async () => {
    await world.startService();
    await world.stopServices();
    const service = await world.startService(through());
    const damaged = extensionOf(await world.caller.post('/v1/extensions', createExtension(freshId())));
    await world.asterisk.run('DELETE FROM ps_auths');
    await eventually('the repair', () => world.asterisk.count('ps_auths').then((count) => count === 1), SOON);
    await eventually(
      'runs',
      async () => (await service.metric('registrar_manager_reconcile_last_run_timestamp_seconds')) > 0,
    );
    expect(service.logText().match(/refuses GET_LOCK: every replica compares/g)).toHaveLength(1);
    expect(damaged.id).toBeDefined();
    const started = { environment: operatorsOwn({ ...world.environment(), ...through() }) };
    const { stdout } = await control(['doctor', '--format', 'json'], started);
    const finding = (JSON.parse(stdout) as Finding[]).find(({ name }) => name === 'named locks');
    expect(finding).toMatchObject({ state: 'poor', detail: expect.stringContaining('refuses GET_LOCK') as string });
  }, 120_000);
});

it('tls=preferred with a server that offers none is told in the log and by doctor', async () => {
  const world = await World.open({ environment: { LOG_LEVEL: 'info' }, replicas: 0 });
  const environment = { DATABASE_DSN_BIN: `${world.bin.dsn()}&tls=preferred` };
  const service = await world.startService(environment);
  expect(service.logText()).toContain('The connection is not encrypted: tls=preferred');
  const started = { environment: operatorsOwn({ ...world.environment(), ...environment }) };
  const findings = JSON.parse((await control(['doctor', '--format', 'json'], started)).stdout) as Finding[];
  expect(findings.find(({ name }) => name === 'database bin')).toMatchObject({ state: 'poor' });
  expect(findings.find(({ name }) => name === 'database asterisk')).toMatchObject({ state: 'good' });
  await world.close();
}, 120_000);

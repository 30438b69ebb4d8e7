import { control, operatorsOwn } from '../cli/control';
import { createExtension } from '../factories/extension.factory';
import { eventually } from '../support/conditions';
import { extensionOf } from '../support/envelope';
import { MysqlProxy } from '../support/mysql-proxy';
import { freshId, World } from '../support/world';
import { PrivateStack } from './support/private-stack';

const LOGIN = 'plain';
const PASSWORD = 'CANARY-plain-1';
const SOON = { timeoutMs: 20_000 };

interface Finding {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
}

describe('a database that answers and takes no writes', () => {
  let stack: PrivateStack;
  let world: World;
  let proxy: MysqlProxy;

  /** The service has a login that read_only holds for, and goes through the proxy. */
  beforeAll(async () => {
    stack = await PrivateStack.up('mariadb');
    world = await World.open({
      environment: { LOG_LEVEL: 'info' },
      prepare: async ({ bin, asterisk }) => {
        await bin.run(`CREATE USER '${LOGIN}'@'%' IDENTIFIED BY '${PASSWORD}'`);
        for (const { name } of [bin, asterisk]) await bin.run(`GRANT ALL ON ${name}.* TO '${LOGIN}'@'%'`);
        proxy = await MysqlProxy.before('127.0.0.1', bin.port);
      },
      replicas: 0,
    });
    await world.startService(environment());
  }, 120_000);
  afterAll(async () => {
    await world.close();
    await proxy.close();
    await stack.down();
  }, 60_000);

  const environment = (): Record<string, string> => {
    const dsn = (name: string): string => `${LOGIN}:${PASSWORD}@tcp(127.0.0.1:${proxy.port})/${name}`;
    return { DATABASE_DSN_BIN: dsn(world.bin.name), DATABASE_DSN_ASTERISK: dsn(world.asterisk.name) };
  };

  const probe = async (name: string): Promise<unknown> => {
    const { status, text } = await world.service.get('/health/ready');
    const { details } = JSON.parse(text) as { details: Record<string, { status: string; reason?: string }> };
    return { ready: status, state: details[name]?.status, reason: details[name]?.reason };
  };

  const becomes = (name: string, state: string): Promise<unknown> =>
    eventually(`${name} being ${state}`, async () => ((await probe(name)) as { state: string }).state === state, SOON);

  const doctor = async (): Promise<Finding[]> => {
    const started = { environment: operatorsOwn({ ...world.environment(), ...environment() }) };
    return JSON.parse((await control(['doctor', '--format', 'json'], started)).stdout) as Finding[];
  };

  const writable = (database: string): Promise<number> =>
    world.service.metric('registrar_manager_database_writable', { database });

  it('is told as read-only: health page, metric, doctor and the log; reads go on, and all is well again by itself', async () => {
    const existing = extensionOf(await world.caller.post('/v1/extensions', createExtension(freshId())));
    await becomes('database-bin-writes', 'up');
    await world.bin.run('SET GLOBAL read_only = 1');
    try {
      expect((await world.caller.post('/v1/extensions', createExtension(freshId()))).status_code).toBe(503);
      expect(world.service.logText()).toMatch(/"errno":1290/);
      for (const name of ['bin', 'asterisk']) {
        await becomes(`database-${name}-writes`, 'down');
        expect(await probe(`database-${name}-writes`)).toEqual({ ready: 200, state: 'down', reason: 'READ_ONLY' });
        expect(await writable(name)).toBe(0);
      }
      expect((await world.caller.get(`/v1/extensions/${existing.id}`)).status_code).toBe(200);
      const findings = (await doctor()).filter(({ name }) => name.startsWith('writes '));
      expect(findings).toMatchObject([
        { name: 'writes bin', state: 'bad', detail: expect.stringContaining('is read-only') as string },
        { name: 'writes asterisk', state: 'bad', detail: expect.stringContaining('1290') as string },
      ]);
    } finally {
      await world.bin.run('SET GLOBAL read_only = 0');
    }
    for (const name of ['bin', 'asterisk']) await becomes(`database-${name}-writes`, 'up');
    expect(await writable('bin')).toBe(1);
    extensionOf(await world.caller.post('/v1/extensions', createExtension(freshId())));
  }, 120_000);

  it('is told as a lost grant, with the table', async () => {
    const { name } = world.asterisk;
    await world.bin.run(`REVOKE ALL ON ${name}.* FROM '${LOGIN}'@'%'`);
    await world.bin.run(`GRANT SELECT, UPDATE, DELETE ON ${name}.* TO '${LOGIN}'@'%'`);
    await world.bin.run(`GRANT INSERT ON ${name}.ps_aors TO '${LOGIN}'@'%'`);
    const found = (await doctor()).filter((one) => one.name.startsWith('writes '));
    expect(found).toMatchObject([{ state: 'good' }, { state: 'bad' }]);
    expect(found[1]?.detail).toContain('does not let this login write (INSERT on ps_auths: ');
    expect(JSON.stringify(found)).not.toContain(PASSWORD);
    // Connections that are open keep what they were allowed.
    await world.stopServices();
    await world.startService(environment());
    await becomes('database-asterisk-writes', 'down');
    expect(await probe('database-asterisk-writes')).toEqual({ ready: 200, state: 'down', reason: 'DENIED' });
    await world.bin.run(`GRANT ALL ON ${name}.* TO '${LOGIN}'@'%'`);
    await world.stopServices();
    await world.startService(environment());
    await becomes('database-asterisk-writes', 'up');
  }, 120_000);

  it('is told as full by what a change has met', async () => {
    proxy.refuse(/insert into registrar_extensions \(id, customer_id/i, {
      errno: 1021,
      sqlState: 'HY000',
      message: 'Disk full; waiting for someone to free some space',
    });
    await world.caller.post('/v1/extensions', createExtension(freshId()));
    await becomes('database-bin-writes', 'down');
    expect(await probe('database-bin-writes')).toEqual({ ready: 200, state: 'down', reason: 'DISK_FULL' });
    expect(await writable('bin')).toBe(0);
    proxy.restore();
  }, 60_000);

  it('asks no oftener than every few seconds, and changes nothing', async () => {
    const asked = (): number =>
      proxy.statements.filter((sql) => /^DELETE FROM ps_contacts WHERE 1 = 0/.test(sql)).length;
    const [before, startedAt] = [asked(), Date.now()];
    await eventually('two looks', () => asked() >= before + 2, SOON);
    expect(Date.now() - startedAt).toBeGreaterThan(4_000);
    const [row] = await world.bin.rows("SHOW TABLE STATUS LIKE 'registrar_outbox'");
    expect(Number(row?.['Auto_increment'])).toBeLessThan(100);
  }, 60_000);
});

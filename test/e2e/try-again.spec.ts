import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { eventually } from '../support/conditions';
import { backingServers } from '../support/environment';
import { errorOf, extensionOf } from '../support/envelope';
import { MysqlProxy } from '../support/mysql-proxy';
import { NO_TRACES, extensionRows, traces } from '../support/rows';
import { freshId, World } from '../support/world';

const ofState = (sqlState: string, ...numbers: number[]): [number, string][] => numbers.map((n) => [n, sqlState]);

const STATES = [
  ...ofState('08S01', 1047, 1053),
  ...ofState('HY000', 1021, 1026, 1030, 1041, 1105, 1114, 1135, 1290, 1836, 3100, 3168, 4999, 9001, 9003),
  ...ofState('25006', 1792),
  ...ofState('HY001', 1037),
  ...ofState('08004', 4999),
];

describe('a database that says "try again"', () => {
  let world: World;
  let proxies: Record<'bin' | 'asterisk', MysqlProxy>;

  beforeAll(async () => {
    const { sql } = backingServers();
    proxies = {
      bin: await MysqlProxy.before(sql.host, sql.port),
      asterisk: await MysqlProxy.before(sql.host, sql.port),
    };
    world = await World.open({
      environment: { DIRECT_HASH: 'off', RESOURCE_LIMIT_CHECK: 'off' },
      serviceEnvironment: (made) => ({
        DATABASE_DSN_BIN: made.bin.dsn(proxies.bin.port),
        DATABASE_DSN_ASTERISK: made.asterisk.dsn(proxies.asterisk.port),
      }),
    });
  });
  afterAll(async () => {
    await world.close();
    for (const proxy of Object.values(proxies)) await proxy.close();
  });
  afterEach(() => {
    for (const proxy of Object.values(proxies)) proxy.restore();
  });

  const create = (customerId = freshId()): ReturnType<World['caller']['post']> =>
    world.caller.post('/v1/extensions', createExtension(customerId));
  const lines = (severity: string): number => world.service.log.filter(({ fields }) => fields?.['severity'] === severity).length; // oxfmt-ignore

  it.each(STATES)(
    'by %i %s on a real table: 503, a warning that names the number, nothing left',
    async (errno, state) => {
      const customerId = freshId();
      const errors = lines('ERROR');
      await world.asterisk.run(
        `CREATE TRIGGER again BEFORE INSERT ON ps_aors FOR EACH ROW
         SIGNAL SQLSTATE '${state}' SET MYSQL_ERRNO = ${errno}, MESSAGE_TEXT = 'try again'`,
      );
      try {
        const reply = await create(customerId);
        expect(reply.status_code).toBe(503);
        expect(errorOf(reply)).toMatchObject({
          status: 'UNAVAILABLE',
          message: 'The database asterisk is not available.',
        });
      } finally {
        await world.asterisk.run('DROP TRIGGER again');
      }
      expect(await traces(world, customerId)).toEqual(NO_TRACES);
      expect(lines('ERROR')).toBe(errors);
      expect(world.service.logText()).toContain(`"errno":${errno}`);
      expect((await create(customerId)).status_code).toBe(200);
    },
  );

  it('is not meant by an error of the statement: 500', async () => {
    proxies.asterisk.refuse(/^INSERT INTO ps_aors/, { errno: 1644, sqlState: '45000', message: 'no' });
    expect((await create()).status_code).toBe(500);
  });

  it.each([
    [1048, '23000'],
    [1054, '42S22'],
    [1265, '01000'],
    [1364, 'HY000'],
  ])('is not meant by %i %s of a table that was changed: the schema is told', async (errno, sqlState) => {
    proxies.asterisk.refuse(/^INSERT INTO ps_aors/, { errno, sqlState, message: 'no' });
    const reply = await create();
    expect(reply.status_code).toBe(503);
    expect(errorOf(reply)).toMatchObject({ status: 'UNAVAILABLE', reason: 'SCHEMA_INCOMPLETE' });
  });

  it('names the database whose statement failed, not the one whose work it was in', async () => {
    proxies.bin.refuse(/^INSERT INTO registrar_sip_auths/, { errno: 1047, sqlState: '08S01', message: 'not ready' });
    expect(errorOf(await create())).toMatchObject({ message: 'The database bin is not available.' });
  });

  it('refuses a text that a narrower column cannot hold, by the name of the column', async () => {
    proxies.bin.refuse(/^INSERT INTO registrar_extensions/, {
      ...{ errno: 1406, sqlState: '22001', message: "Data too long for column 'detail' at row 1" },
    });
    const reply = await create();
    expect(reply.status_code).toBe(400);
    expect(errorOf(reply).details).toEqual([{ field: 'detail', rule: 'is longer than the database can store' }]);
  });

  describe.each([
    [1213, '40001'],
    [3101, '40000'],
  ])('by a conflict %i', (errno, sqlState) => {
    const conflict = { errno, sqlState, message: 'conflict' };

    it.each([
      ['a statement', /^INSERT INTO registrar_extensions/],
      ['the first COMMIT', /^COMMIT/],
    ])('at %s: begins anew, and succeeds', async (_where, statement) => {
      proxies.bin.refuse(statement, conflict, 2);
      const made = extensionOf(await create());
      const rows = await extensionRows(world, made.id, made.endpoint_id);
      expect(Object.values(rows).filter((row) => row === undefined)).toEqual([]);
      expect((await world.caller.post('/v1/trunks', createTrunk(freshId()))).status_code).toBe(200);
    });

    it('at a lone read: is asked again, and 503 when it stays', async () => {
      const customerId = freshId();
      const list = (): ReturnType<World['caller']['get']> =>
        world.caller.get('/v1/extensions?page_size=10', { customer_id: customerId });
      proxies.bin.refuse(/^SELECT .*registrar_extensions/is, conflict, 2);
      expect((await list()).status_code).toBe(200);
      proxies.bin.refuse(/^SELECT .*registrar_extensions/is, conflict);
      expect((await list()).status_code).toBe(503);
    });

    it('at the COMMIT of a lone database: begins anew', async () => {
      proxies.bin.refuse(/^COMMIT/, conflict, 1);
      expect((await world.caller.post('/v1/trunks', createTrunk(freshId()))).status_code).toBe(200);
    });

    it('at the second COMMIT: the record decides, and its login follows', async () => {
      const customerId = freshId();
      proxies.asterisk.refuse(/^COMMIT/, conflict, 1);
      const made = extensionOf(await create(customerId));
      const rows = await extensionRows(world, made.id, made.endpoint_id);
      expect(Object.values(rows).filter((row) => row === undefined)).toEqual([]);
    });
  });

  it('leaves no connection behind that only reads: after a fail-over the next request finds the new server', async () => {
    await Promise.all(Array.from({ length: 12 }, () => create()));
    const sessions = (): number => proxies.bin.statements.filter((text) => /^SET SESSION\s+sql_mode/.test(text)).length;
    const before = sessions();
    proxies.bin.refuse(
      /^INSERT INTO registrar_extensions/,
      { errno: 1290, sqlState: 'HY000', message: '--read-only' },
      1,
    );
    expect((await create()).status_code).toBe(503);
    await Promise.all(Array.from({ length: 6 }, () => create()));
    await eventually('new connections', () => sessions() - before >= 4);
  });

  it.each([
    [1047, '08S01'],
    [1213, '40001'],
  ])('at start %i is waited for, at whatever statement it comes', async (errno, sqlState) => {
    proxies.bin.refuse(/^CREATE TABLE registrar_outbox/, { errno, sqlState, message: 'not now' }, 1);
    await world.bin.run('DROP TABLE registrar_outbox');
    const service = await world.startService();
    expect(service.logText()).toContain('Waiting for a database');
    await service.stop();
  });
});

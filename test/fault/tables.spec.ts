import { control, operatorsOwn, type Ended } from '../cli/control';
import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { eventually } from '../support/conditions';
import { extensionOf, trunkOf, type ExtensionData, type Reply } from '../support/envelope';
import { freshDomain, freshId, World } from '../support/world';
import { PrivateStack } from './support/private-stack';

const ITSELF_AGAIN_MS = 30_000;
const AORS = 'ALTER TABLE ps_aors MODIFY id VARCHAR(40) NOT NULL';

interface Finding {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
  readonly advice?: string;
}

describe('tables that are not quite ours', () => {
  let stack: PrivateStack;
  let world: World;

  beforeAll(async () => {
    stack = await PrivateStack.up('mariadb');
    world = await World.open({ environment: { LOG_LEVEL: 'info' } });
  }, 120_000);
  afterAll(async () => {
    await world.close();
    await stack.down();
  }, 60_000);

  const run = (...args: string[]): Promise<Ended> => control(args, { environment: operatorsOwn(world.environment()) });

  const given = async (): Promise<ExtensionData> =>
    extensionOf(await world.caller.post('/v1/extensions', createExtension(freshId())));

  const finding = async (name: string): Promise<Finding | undefined> => {
    const { stdout } = await run('doctor', '--format', 'json');
    return (JSON.parse(stdout) as Finding[]).find((one) => one.name === name);
  };

  /** A start of the service with the tables as they are now. It takes requests, but is not ready. */
  const restarted = async (): Promise<void> => {
    await world.stopServices();
    await world.startFaulty();
  };

  const schemaState = async (): Promise<unknown> => {
    const { status, text } = await world.service.get('/health/ready');
    const { details } = JSON.parse(text) as { details: Record<string, { status: string; reason?: string }> };
    return { status, schema: details['schema']?.status, reason: details['schema']?.reason };
  };

  const expectRefused = ({ status_code: status, data }: Reply): void => {
    expect(status).toBe(503);
    expect(JSON.stringify(data)).toContain('SCHEMA_INCOMPLETE');
  };

  const becomesReady = (): Promise<unknown> =>
    eventually('readiness', async () => (await world.service.get('/health/ready')).status === 200, {
      timeoutMs: ITSELF_AGAIN_MS,
    });

  it('with ids of 40 characters: told with the SQL, reads and deletes go on, changes are refused, and mended it is ready by itself', async () => {
    const [existing, doomed] = [await given(), await given()];
    const trunk = trunkOf(
      await world.caller.post('/v1/trunks', createTrunk(freshId(), { domain_name: freshDomain() })),
    );
    const kept = await world.asterisk.rows('SELECT id FROM ps_aors');
    await world.asterisk.run('DELETE FROM ps_aors');
    await world.asterisk.run(AORS);
    await restarted();

    expect(await schemaState()).toEqual({ status: 503, schema: 'down', reason: 'SCHEMA_INCOMPLETE' });
    expect(world.service.logText()).toContain('ps_aors.id is varchar(40), 255 are needed');
    expect(world.service.logText()).toContain('ALTER TABLE ps_aors MODIFY COLUMN `id` VARCHAR(255)');
    const customerId = freshId();
    expectRefused(await world.caller.post('/v1/extensions', createExtension(customerId)));
    expectRefused(
      await world.caller.put(`/v1/extensions/${existing.id}`, { name: '', detail: '', password: 'other1' }),
    );
    expect(world.direct.requests.filter((request) => JSON.stringify(request).includes(customerId))).toEqual([]);
    expect(await world.bin.count('registrar_extensions', 'domain_name = ?', [customerId])).toBe(0);
    // What needs only the other database goes on.
    expect((await world.caller.get(`/v1/extensions/${existing.id}`)).status_code).toBe(200);
    expect((await world.caller.delete(`/v1/trunks/${trunk.id}`)).status_code).toBe(200);
    expect((await world.caller.delete(`/v1/extensions/${doomed.id}`)).status_code).toBe(200);

    const verify = await run('schema', 'verify');
    expect(verify.code).toBe(1);
    expect(verify.stdout).toContain('ps_aors.id is varchar(40), 255 are needed');
    const created = await run(
      'extension',
      'create',
      '--customer-id',
      freshId(),
      '--extension-number',
      '5',
      '--generate-password',
    );
    expect({ code: created.code, stderr: created.stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('schema verify') as string,
    });
    const seen = await finding('schema asterisk');
    expect(seen).toMatchObject({ state: 'bad', detail: 'ps_aors.id is varchar(40), 255 are needed' });
    expect(seen?.advice).toContain('ALTER TABLE ps_aors MODIFY COLUMN');

    const [, sql = ''] = /run: (ALTER [^;]*);/.exec(seen?.advice ?? '') ?? [];
    await world.asterisk.run(sql);
    for (const { id } of kept) await world.asterisk.insert('ps_aors', { id: String(id) });
    await becomesReady();
    extensionOf(await world.caller.post('/v1/extensions', createExtension(freshId())));
    expect((await finding('schema asterisk'))?.state).toBe('good');
  }, 180_000);

  it('without unique keys and with rows that repeat: no second password, no repair without end', async () => {
    const existing = await given();
    await world.asterisk.run('ALTER TABLE ps_auths DROP PRIMARY KEY, DROP KEY id');
    await world.asterisk.run('INSERT INTO ps_auths SELECT * FROM ps_auths WHERE id = ?', [existing.endpoint_id]);
    await restarted();
    expect(await schemaState()).toMatchObject({ status: 503, reason: 'SCHEMA_INCOMPLETE' });
    const rows = (): Promise<number> => world.asterisk.count('ps_auths', 'id = ?', [existing.endpoint_id]);
    expectRefused(
      await world.caller.put(`/v1/extensions/${existing.id}`, { name: '', detail: '', password: 'other1' }),
    );
    expect((await run('extension', 'update', '--id', existing.id, '--password', 'other2')).code).toBe(1);
    await world.asterisk.run("UPDATE ps_auths SET password = 'broken' WHERE id = ?", [existing.endpoint_id]);
    for (let round = 0; round < 2; round++) expect((await run('reconcile')).code).toBe(1);
    expect(await rows()).toBe(2);

    const { advice = '', detail } = (await finding('schema asterisk'))!;
    expect(detail).toContain(`1 id(s) are there more than once: ${existing.endpoint_id}`);
    for (const sql of advice.replace('have this SQL run: ', '').split(';')) {
      if (sql.trim() !== '') await world.asterisk.run(sql);
    }
    await becomesReady();
    expect((await run('reconcile')).code).toBe(0);
    expect(await rows()).toBe(1);
    const row = await world.asterisk.row('SELECT password FROM ps_auths WHERE id = ?', [existing.endpoint_id]);
    expect(row).toEqual({ password: existing.password });
  }, 180_000);

  it('without a unique key and with nothing that repeats get one at the start', async () => {
    await world.asterisk.run('ALTER TABLE ps_endpoints DROP PRIMARY KEY, DROP KEY id');
    await restarted();
    await becomesReady();
    await expect(world.asterisk.run("INSERT INTO ps_endpoints (id) VALUES ('twice'), ('twice')")).rejects.toMatchObject(
      { errno: 1062 },
    );
  }, 60_000);

  it("a contact's address of 255 characters: not ready, and changes go on", async () => {
    await world.asterisk.run('ALTER TABLE ps_contacts MODIFY uri VARCHAR(255)');
    await restarted();
    expect(await schemaState()).toMatchObject({ status: 503, reason: 'SCHEMA_INCOMPLETE' });
    await given();
    await world.asterisk.run('ALTER TABLE ps_contacts MODIFY uri VARCHAR(511)');
    await becomesReady();
  }, 60_000);

  it('a server that demands primary keys gets tables that have one, also with foreign keys between them', async () => {
    await world.bin.run('SET GLOBAL innodb_force_primary_key = ON');
    const fresh = await World.open({ environment: { LOG_LEVEL: 'info', RESOURCE_LIMIT_CHECK: 'off' } });
    try {
      const foreign = 'ALTER TABLE ps_endpoints ADD CONSTRAINT';
      await fresh.asterisk.run(`${foreign} to_auth FOREIGN KEY (auth) REFERENCES ps_auths (id) ON DELETE RESTRICT`);
      await fresh.asterisk.run('ALTER TABLE ps_endpoints MODIFY aors VARCHAR(255)');
      await fresh.asterisk.run(`${foreign} to_aor FOREIGN KEY (aors) REFERENCES ps_aors (id) ON DELETE RESTRICT`);
      const made = extensionOf(await fresh.caller.post('/v1/extensions', createExtension(freshId())));
      const change = { name: '', detail: '', password: 'other1' };
      expect((await fresh.caller.put(`/v1/extensions/${made.id}`, change)).status_code).toBe(200);
      expect((await fresh.caller.delete(`/v1/extensions/${made.id}`)).status_code).toBe(200);
      expect(await fresh.asterisk.count('ps_auths')).toBe(0);
    } finally {
      await world.bin.run('SET GLOBAL innodb_force_primary_key = OFF');
      await fresh.close();
    }
  }, 120_000);
});

import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { eventually } from '../support/conditions';
import { uuidToBinary } from '../support/database';
import { extensionOf, type ExtensionData, type Reply } from '../support/envelope';
import { freshDomain, freshId, World } from '../support/world';
import { DatabaseTrouble } from './support/database-trouble';
import { PrivateStack } from './support/private-stack';
import { brokenPromises, orphans } from './support/promises';

const ITSELF_AGAIN_MS = 10_000;

describe('the databases in trouble', () => {
  let stack: PrivateStack;
  let world: World;
  let trouble: DatabaseTrouble;

  beforeAll(async () => {
    stack = await PrivateStack.up('mariadb');
    world = await World.open({ environment: { LOG_LEVEL: 'info', RECONCILE_INTERVAL_SECONDS: '2' } });
    trouble = await DatabaseTrouble.connect();
  }, 120_000);
  afterAll(async () => {
    trouble.close();
    await world.close();
    await stack.down();
  }, 60_000);

  afterEach(() => trouble.release());

  const given = async (): Promise<ExtensionData> =>
    extensionOf(await world.caller.post('/v1/extensions', createExtension(freshId())));

  /** One of each kind, all at once; the caller's own patience of 3 s is what "in time" means. */
  const writeAll = (customerId: string, existing: ExtensionData): Promise<Reply[]> =>
    Promise.all([
      world.caller.post('/v1/extensions', createExtension(customerId)),
      world.caller.post('/v1/trunks', createTrunk(customerId, { domain_name: freshDomain() })),
      world.caller.put(`/v1/extensions/${existing.id}`, { name: 'n', detail: '', password: 'changed' }),
      world.caller.get('/v1/extensions?page_size=10', { customer_id: existing.customer_id }),
    ]);

  const expectAnswered = (replies: readonly Reply[]): void => {
    const statuses = replies.map(({ status_code: status }) => status);
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  };

  const expectItselfAgain = async (since: number, customerIds: readonly string[]): Promise<void> => {
    await eventually('a create succeeding', async () => {
      const reply = await world.caller.post('/v1/extensions', createExtension(freshId())).catch(() => undefined);
      return reply?.status_code === 200;
    });
    expect(Date.now() - since).toBeLessThan(ITSELF_AGAIN_MS);
    await eventually('readiness', async () => (await world.service.get('/health/ready')).status === 200);
    expect(world.service.running).toBe(true);
    for (const customerId of customerIds) {
      expect(await orphans(world, customerId)).toEqual([]);
      let broken: string[] = [];
      await eventually(
        'every promise being kept',
        async () => (broken = await brokenPromises(world, customerId)).length === 0,
        { timeoutMs: 20_000 },
      ).catch(() => undefined);
      expect(broken).toEqual([]);
    }
  };

  it.each([
    ['bin', 'registrar_extensions'],
    ['bin', 'registrar_sip_auths'],
    ['bin', 'registrar_outbox'],
    ['asterisk', 'ps_auths'],
    ['asterisk', 'ps_aors'],
  ] as const)('a lock held on %s.%s: 503 in time, and nothing half done', async (which, table) => {
    const customerId = freshId();
    const existing = await given();
    await trouble.lockTable(world[which].name, table);
    const replies = await writeAll(customerId, existing);
    expectAnswered(replies);
    expect(replies[0]?.status_code).toBe(503);
    await trouble.release();
    await expectItselfAgain(Date.now(), [customerId, existing.customer_id]);
  });

  it('a row held by an open transaction: that one waits and is answered 503, others go on', async () => {
    const [held, free] = [await given(), await given()];
    await trouble.lockRows(world.bin.name, 'registrar_extensions', `id = 0x${held.id.replaceAll('-', '')}`);
    const change = { name: 'n', detail: '', password: 'changed' };
    const [refused, done] = await Promise.all([
      world.caller.put(`/v1/extensions/${held.id}`, change),
      world.caller.put(`/v1/extensions/${free.id}`, change),
    ]);
    expect(refused.status_code).toBe(503);
    expect(extensionOf(done).password).toBe('changed');
    await trouble.release();
    expect(extensionOf(await world.caller.put(`/v1/extensions/${held.id}`, change)).password).toBe('changed');
    await expectItselfAgain(Date.now(), [held.customer_id, free.customer_id]);
  });

  it('connections killed in mid-transaction: every answer is true, nothing half done stays', async () => {
    const customerIds = Array.from({ length: 8 }, () => freshId());
    let isOver = false;
    const killing = trouble.killConnections([world.bin.name, world.asterisk.name], () => isOver);
    const promised: ExtensionData[] = [];
    await Promise.all(
      customerIds.map(async (customerId) => {
        for (let number = 0; number < 12; number++) {
          const request = createExtension(customerId, { extension: String(7700 + number) });
          const reply = await world.caller.post('/v1/extensions', request);
          expect([200, 503]).toContain(reply.status_code);
          if (reply.status_code === 200) promised.push(extensionOf(reply));
        }
      }),
    );
    isOver = true;
    expect(await killing).toBeGreaterThan(0);
    await expectItselfAgain(Date.now(), customerIds);
    for (const { id, password } of promised) {
      const row = await world.bin.row('SELECT password, tm_delete FROM registrar_extensions WHERE id = ?', [
        uuidToBinary(id),
      ]);
      expect(row).toEqual({ password, tm_delete: null });
    }
  });

  it('changes of the same rows from all sides (deadlocks and lock waits): each is done or refused as a whole', async () => {
    const existing = await Promise.all([given(), given(), given()]);
    const replies = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        world.caller.put(`/v1/extensions/${existing[index % 3]!.id}`, {
          name: `n${index}`,
          detail: '',
          password: index % 2 === 0 ? `pass-${index}` : '',
        }),
      ),
    );
    expectAnswered(replies);
    await expectItselfAgain(
      Date.now(),
      existing.map(({ customer_id: customerId }) => customerId),
    );
  });

  it('the server paused: 503 in time; continued, all is well', async () => {
    const customerId = freshId();
    const existing = await given();
    stack.pause('mariadb');
    const replies = await writeAll(customerId, existing);
    expect(replies.map(({ status_code: status }) => status)).toEqual([503, 503, 503, 503]);
    expect((await world.service.get('/health/live')).status).toBe(200);
    stack.resume('mariadb');
    await expectItselfAgain(Date.now(), [customerId, existing.customer_id]);
  });

  it('both databases down and back: 503 at once, not ready, alive; itself again without a restart', async () => {
    const customerId = freshId();
    const existing = await given();
    trouble.close();
    await stack.kill('mariadb');
    const replies = await writeAll(customerId, existing);
    expect(replies.map(({ status_code: status }) => status)).toEqual([503, 503, 503, 503]);
    await eventually('readiness being red', async () => (await world.service.get('/health/ready')).status === 503);
    expect((await world.service.get('/health/live')).status).toBe(200);
    await stack.start('mariadb');
    trouble = await DatabaseTrouble.connect();
    await expectItselfAgain(Date.now(), [customerId, existing.customer_id]);
  });
});

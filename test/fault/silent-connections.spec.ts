import { setTimeout as pause } from 'node:timers/promises';
import { createExtension } from '../factories/extension.factory';
import { eventually } from '../support/conditions';
import { backingServers } from '../support/environment';
import { extensionOf } from '../support/envelope';
import { MysqlProxy } from '../support/mysql-proxy';
import { freshId, World } from '../support/world';

/** A NAT or a load balancer drops idle connections and tells neither side. */
describe('database connections that went silent', () => {
  let world: World;
  let proxies: MysqlProxy[];

  const addresses = (made: Pick<World, 'bin' | 'asterisk'> = world): Record<string, string> => ({
    DATABASE_DSN_BIN: made.bin.dsn(proxies[0]?.port),
    DATABASE_DSN_ASTERISK: made.asterisk.dsn(proxies[1]?.port),
  });

  beforeAll(async () => {
    const { sql } = backingServers();
    proxies = [await MysqlProxy.before(sql.host, sql.port), await MysqlProxy.before(sql.host, sql.port)];
    world = await World.open({ environment: { REDIS_ADDRESS: '127.0.0.1:1' }, serviceEnvironment: addresses });
  });
  afterAll(async () => {
    await world.stopServices();
    // A transaction that went silent half way holds its tables, and no database can be dropped.
    for (const proxy of proxies) await proxy.close();
    await world.close();
  });

  const fill = async (customerId: string): Promise<void> => {
    const work = Array.from({ length: 32 }, (_, index) => [
      world.caller.get('/v1/extensions?page_size=10', { customer_id: customerId }),
      world.caller.get('/v1/contacts', { customer_id: customerId, extension: String(index) }),
    ]);
    await Promise.all(work.flat());
  };

  it.each([
    ['at once', 0],
    ['after a while without a request', 1_500],
  ])('cost at most one answer, reads and writes alike, %s', async (_when, idleMs) => {
    const customerId = freshId();
    const { id } = extensionOf(await world.caller.post('/v1/extensions', createExtension(customerId)));
    await fill(customerId);
    for (const proxy of proxies) proxy.blackhole();
    await pause(idleMs);
    const statuses: number[] = [];
    const startedAt = Date.now();
    for (let n = 0; n < 8; n++) {
      const change = { name: `n${n}`, detail: '', password: `p-${n}` };
      const reply =
        n % 2 === 0
          ? await world.caller.get('/v1/extensions?page_size=10', { customer_id: customerId })
          : await world.caller.put(`/v1/extensions/${id}`, change);
      statuses.push(reply.status_code);
    }
    expect(statuses.filter((status) => status !== 200).length).toBeLessThanOrEqual(idleMs > 1_000 ? 0 : 2);
    expect(statuses.slice(-5)).toEqual([200, 200, 200, 200, 200]);
    expect(Date.now() - startedAt).toBeLessThan(8_000);
  });

  it('do not hold up the end of the service, though reconcile waits on one', async () => {
    await world.stopServices();
    const service = await world.startService({ ...addresses(), RECONCILE_INTERVAL_SECONDS: '1' });
    const [, asterisk] = proxies;
    asterisk?.ignore(/FROM ps_endpoints/);
    const reads = (): number => asterisk?.statements.filter((sql) => sql.includes('FROM ps_endpoints')).length ?? 0;
    const before = reads();
    await eventually('reconcile waiting', () => reads() > before);
    const startedAt = Date.now();
    expect(await service.stop()).toMatchObject({ code: 0 });
    expect(Date.now() - startedAt).toBeLessThan(12_000);
    asterisk?.restore();
  }, 60_000);
});

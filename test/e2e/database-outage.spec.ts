import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { eventually } from '../support/conditions';
import { backingServers } from '../support/environment';
import { errorOf, extensionOf, type Reply } from '../support/envelope';
import { NO_TRACES, traces } from '../support/rows';
import { TcpProxy } from '../support/tcp-proxy';
import { freshId, World } from '../support/world';

describe.each(['bin', 'asterisk'] as const)('the %s database away', (which) => {
  let world: World;
  let proxy: TcpProxy;

  beforeAll(async () => {
    const { sql } = backingServers();
    proxy = await TcpProxy.before(sql.host, sql.port);
    world = await World.open({
      serviceEnvironment: (made) => ({
        [which === 'bin' ? 'DATABASE_DSN_BIN' : 'DATABASE_DSN_ASTERISK']: made[which].dsn(proxy.port),
      }),
    });
  });
  afterAll(async () => {
    await world.close();
    await proxy.close();
  });
  afterEach(async () => {
    proxy.restore();
    await eventually('the service being itself again', async () => {
      const reply = await world.caller.post('/v1/extensions', createExtension(freshId()));
      return reply.status_code === 200 && (await world.service.get('/health/ready')).status === 200;
    });
  });

  const expectUnavailable = (reply: Reply): void => {
    expect(reply.status_code).toBe(503);
    expect(errorOf(reply)).toMatchObject({ status: 'UNAVAILABLE', domain: 'registrar-manager' });
  };

  it.each(['cut', 'freeze'] as const)('(%s): 503 within the caller’s 3 s, and nothing half made', async (how) => {
    const customerId = freshId();
    const before = extensionOf(await world.caller.post('/v1/extensions', createExtension(freshId())));
    proxy[how]();
    expectUnavailable(await world.caller.post('/v1/extensions', createExtension(customerId)));
    const change = { name: 'n', detail: '', password: 'never' };
    expectUnavailable(await world.caller.put(`/v1/extensions/${before.id}`, change));
    if (which === 'bin') {
      expectUnavailable(await world.caller.get('/v1/extensions/count_by_customer', { customer_id: customerId }));
      expectUnavailable(await world.caller.get('/v1/extensions?page_size=1', { customer_id: customerId }));
      expectUnavailable(await world.caller.get('/v1/trunks?page_size=1', { customer_id: customerId }));
      expectUnavailable(await world.caller.get(`/v1/trunks/${freshId()}`));
      expectUnavailable(await world.caller.post('/v1/trunks', createTrunk(customerId)));
    } else {
      expectUnavailable(await world.caller.get('/v1/contacts', { customer_id: customerId, extension: '1' }));
    }
    expect((await world.service.get('/health/live')).status).toBe(200);
    await eventually('readiness being red', async () => (await world.service.get('/health/ready')).status === 503);
    expect(await traces(world, customerId)).toEqual(NO_TRACES);
    await eventually('no direct kept', () => world.direct.directsOf(customerId).length === 0);

    proxy.restore();
    await eventually(
      'the old password being the only one, everywhere',
      async () => {
        const record = await world.bin.row('SELECT password FROM registrar_extensions WHERE endpoint_id = ?', [
          before.endpoint_id,
        ]);
        const login = await world.asterisk.row('SELECT password FROM ps_auths WHERE id = ?', [before.endpoint_id]);
        return record?.['password'] === login?.['password'];
      },
      { timeoutMs: 15_000 },
    );
  });
});

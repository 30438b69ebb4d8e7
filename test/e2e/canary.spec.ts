import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { eventually } from '../support/conditions';
import { extensionOf, trunkOf } from '../support/envelope';
import { BillingManager } from '../support/peers';
import { freePort } from '../support/ports';
import { ServiceProcess } from '../support/service';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

const CANARY = 'canary-4f1d';

/** The password goes through every route and every way to fail, and may be in no log line, metric or error. */
describe('a canary password', () => {
  const world = withWorld();
  const refusals: string[] = [];

  const send = async (method: string, uri: string, data?: unknown): Promise<void> => {
    const reply = await world().caller.call({ method, uri, data });
    if (reply.status_code !== 200) refusals.push(reply.text);
  };

  it('goes through every route that takes it', async () => {
    const customerId = freshId();
    const password = CANARY;
    const extension = extensionOf(
      await world().caller.post('/v1/extensions', createExtension(customerId, { password })),
    );
    const trunk = trunkOf(await world().caller.post('/v1/trunks', createTrunk(customerId, { password })));
    const direct = `/v1/extensions/${extension.id}`;
    await send('GET', direct);
    await send('PUT', direct, { name: 'n', detail: '', password: `${CANARY}-2` });
    await send('POST', `${direct}/direct-hash-regenerate`, { password });
    await send('GET', '/v1/extensions?page_size=5', { customer_id: customerId, password });
    await send('GET', '/v1/extensions/extension/2001', { customer_id: customerId, password });
    await send('GET', '/v1/extensions/count_by_customer', { customer_id: customerId, password });
    await send('GET', '/v1/contacts', { customer_id: customerId, extension: '2001', password });
    await send('PUT', '/v1/contacts', { customer_id: customerId, extension: '2001', password });
    await send('GET', `/v1/trunks/${trunk.id}`);
    await send('PUT', `/v1/trunks/${trunk.id}`, { auth_types: ['basic'], username: 'u', password });
    await send('GET', '/v1/trunks?page_size=5', { customer_id: customerId, password });
    await send('DELETE', `/v1/trunks/${trunk.id}`, { password });
    await send('DELETE', direct, { password });
  });

  it('and through every way to fail', async () => {
    const customerId = freshId();
    const body = createExtension(customerId, { password: CANARY });
    const before = refusals.length;
    await send('POST', '/v1/extensions', { ...body, password: CANARY.repeat(20) });
    await send('POST', '/v1/extensions', { ...body, password: `${CANARY}\u0001` });
    await send('POST', '/v1/extensions', { ...body, password: [CANARY] });
    await send('POST', '/v1/extensions', { ...body, password: { [CANARY]: CANARY } });
    await send('POST', '/v1/extensions', { ...body, extension: 'a b' });
    await send('POST', '/v1/extensions', { ...body, customer_id: CANARY });
    await send('POST', '/v1/extensions', CANARY);
    await send('PUT', `/v1/extensions/${freshId()}`, { name: 'n', password: CANARY });
    await send('POST', '/v1/trunks', createTrunk(customerId, { password: CANARY, auth_types: ['magic'] }));
    await send('POST', '/v1/trunks', createTrunk(customerId, { password: `${CANARY}\u0000` }));
    await send('GET', '/v1/extensions?page_size=5', { customer_id: 5, password: CANARY });
    await send('PATCH', '/v1/extensions', { password: CANARY });
    await send('POST', '/v1/nowhere', { password: CANARY });
    world().billing.behaveFor(customerId, BillingManager.denies);
    await send('POST', '/v1/extensions', body);
    world().billing.behaveAsUsual();
    for (const [database, statement, table] of [
      ['bin', 'INSERT', 'registrar_extensions'],
      ['bin', 'INSERT', 'registrar_sip_auths'],
      ['asterisk', 'INSERT', 'ps_auths'],
      ['asterisk', 'INSERT', 'ps_endpoints'],
    ] as const) {
      await world()[database].refuse(statement, table);
      await send('POST', '/v1/extensions', body);
      await world()[database].allow(statement, table);
    }
    await world().bin.run('RENAME TABLE registrar_trunks TO registrar_trunks_away');
    await send('POST', '/v1/trunks', createTrunk(customerId, { password: CANARY }));
    await world().bin.run('RENAME TABLE registrar_trunks_away TO registrar_trunks');
    extensionOf(await world().caller.post('/v1/extensions', body));
    await send('POST', '/v1/extensions', body);
    for (const malformed of [`{"password":"${CANARY}"`, `"${CANARY}"`, `{"uri":1,"data":{"password":"${CANARY}"}}`]) {
      refusals.push((await world().caller.sendRaw(malformed)).text);
      await world().caller.sendWithoutReply(malformed);
    }
    expect(refusals.length - before).toBe(23);
  });

  it('and through events that cannot be read', async () => {
    const customerId = freshId();
    extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    await world().customers.publishRaw(`{"type":"customer_deleted","data":{"password":"${CANARY}"`);
    await world().customers.publish('customer_deleted', { id: CANARY, webhook_secret: CANARY, password: CANARY });
    await world().customers.announceDeleted(customerId, { webhook_secret: CANARY, password: CANARY });
    await world().events.untilSeen(customerId, 'extension_deleted');
  });

  it('is in no error, no metric and no log line', async () => {
    const { text: metrics } = await world().service.get('/metrics');
    await world()
      .stopServices()
      .then(([exit]) => expect(exit?.code).toBe(0));
    expect(refusals.filter((text) => text.includes(CANARY))).toEqual([]);
    expect(metrics).not.toContain(CANARY);
    const log = logs.flatMap((service) => service.logText().split('\n'));
    expect(log.length).toBeGreaterThan(20);
    expect(log.filter((line) => line.includes(CANARY))).toEqual([]);
  });

  let logs: { logText(): string }[] = [];
  beforeAll(() => (logs = [...world().services]));
});

describe('the passwords of the configuration', () => {
  it('are in no log line, even while the broker refuses them', async () => {
    const nobody = await freePort();
    const service = await ServiceProcess.spawn({
      DATABASE_DSN_BIN: `user:${CANARY}-sql@tcp(127.0.0.1:${nobody})/test`,
      DATABASE_DSN_ASTERISK: `user:${CANARY}-sql@tcp(127.0.0.1:${nobody})/test`,
      RABBITMQ_ADDRESS: `amqp://user:${CANARY}-amqp@127.0.0.1:${nobody}`,
      REDIS_ADDRESS: `127.0.0.1:${nobody}`,
      REDIS_PASSWORD: `${CANARY}-redis`,
      ASTERISK_AMI_ADDRESSES: `127.0.0.1:${nobody}`,
      ASTERISK_AMI_USERNAME: 'registrar',
      ASTERISK_AMI_PASSWORD: `${CANARY}-ami`,
      DOMAIN_NAME_EXTENSION: 'registrar.example.org',
      DOMAIN_NAME_TRUNK: 'trunk.example.org',
      LOG_LEVEL: 'debug',
    });
    try {
      await eventually('some log lines', () => !service.running || service.log.length >= 2);
    } finally {
      service.signal('SIGTERM');
      await service.ended();
    }
    expect(service.log.length).toBeGreaterThan(0);
    expect(service.logText()).not.toContain(CANARY);
  });
});

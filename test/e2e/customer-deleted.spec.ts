import { createExtension } from '../factories/extension.factory';
import { storedLogin, type StoredLogin } from '../factories/stored-login.factory';
import { createIpTrunk } from '../factories/trunk.factory';
import { eventually, staysTrue } from '../support/conditions';
import { uuidToBinary, ZERO_UUID } from '../support/database';
import { countOf, extensionOf, trunkOf } from '../support/envelope';
import { withWorld } from '../support/with-world';
import { freshId, type World } from '../support/world';

const MANY = 1200;

/** Whole logins, written the quick way. */
async function insertManyExtensions(world: World, customerId: string, count: number): Promise<void> {
  const logins = Array.from({ length: count }, (_, index) =>
    storedLogin(customerId, String(10_000 + index), {
      tm_create: `2026-02-02 02:02:02.${String(index).padStart(6, '0')}`,
      direct_id: uuidToBinary(index % 2 ? ZERO_UUID : freshId()),
    }),
  );
  const rows = (part: Exclude<keyof StoredLogin, 'id'>): StoredLogin[typeof part][] =>
    logins.map((login) => login[part]);
  await world.bin.insertAll('registrar_extensions', rows('extension'));
  await world.bin.insertAll('registrar_sip_auths', rows('sipAuth'));
  await world.asterisk.insertAll('ps_aors', rows('aor'));
  await world.asterisk.insertAll('ps_auths', rows('auth'));
  await world.asterisk.insertAll('ps_endpoints', rows('endpoint'));
}

describe('customer_deleted', () => {
  const world = withWorld();
  const alive = async (customerId: string): Promise<number> => {
    const filters = { customer_id: customerId };
    return (
      countOf(await world().caller.get('/v1/extensions/count_by_customer', filters)) +
      countOf(await world().caller.get('/v1/trunks/count_by_customer', filters))
    );
  };
  /** Events are taken in order: when this later one is done, the earlier ones have been begun. */
  const untilTaken = async (): Promise<void> => {
    const marker = freshId();
    extensionOf(await world().caller.post('/v1/extensions', createExtension(marker)));
    await world().customers.announceDeleted(marker);
    await world().events.untilSeen(marker, 'extension_deleted');
  };

  it(`deletes ${MANY} extensions and all trunks to the last row, and nobody else's`, async () => {
    const [customerId, neighbour] = [freshId(), freshId()];
    await insertManyExtensions(world(), customerId, MANY);
    for (let trunk = 0; trunk < 12; trunk += 1) {
      trunkOf(await world().caller.post('/v1/trunks', createIpTrunk(customerId)));
    }
    const kept = extensionOf(await world().caller.post('/v1/extensions', createExtension(neighbour)));
    await world().customers.announceDeleted(customerId);

    await eventually('nothing alive', async () => (await alive(customerId)) === 0, { timeoutMs: 50_000 });
    await world().events.untilSeen(customerId, 'extension_deleted', MANY, { timeoutMs: 30_000 });
    await world().events.untilSeen(customerId, 'trunk_deleted', 12);
    const realm = `${customerId}.registrar.example.org`;
    expect(await world().bin.count('registrar_sip_auths', 'realm = ?', [realm])).toBe(0);
    for (const table of ['ps_aors', 'ps_auths', 'ps_endpoints']) {
      expect(await world().asterisk.count(table, 'id LIKE ?', [`%@${realm}`])).toBe(0);
    }
    expect(extensionOf(await world().caller.get(`/v1/extensions/${kept.id}`))).toEqual(kept);
    const ids = world()
      .events.of(customerId, 'extension_deleted')
      .map((event) => event.data['id']);
    expect(new Set(ids).size).toBe(MANY);
  }, 90_000);

  it('the same event again, and twice at once, announces nothing new', async () => {
    const customerId = freshId();
    extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    trunkOf(await world().caller.post('/v1/trunks', createIpTrunk(customerId)));
    await Promise.all([world().customers.announceDeleted(customerId), world().customers.announceDeleted(customerId)]);
    await world().events.untilSeen(customerId, 'extension_deleted');
    await world().events.untilSeen(customerId, 'trunk_deleted');
    await world().customers.announceDeleted(customerId);
    await untilTaken();
    const next = freshId();
    extensionOf(await world().caller.post('/v1/extensions', createExtension(next)));
    await world().events.untilSeen(next, 'extension_created');
    expect(world().events.of(customerId, 'extension_deleted')).toHaveLength(1);
    expect(world().events.of(customerId, 'trunk_deleted')).toHaveLength(1);
  });

  it('only its id counts, whatever else the payload holds', async () => {
    const customerId = freshId();
    extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    await world().customers.publish('customer_deleted', {
      id: customerId,
      name: 5,
      email: [],
      tm_create: {},
      metadata: 'x',
    });
    await world().events.untilSeen(customerId, 'extension_deleted');
  });

  it.each([
    ['data: null', null],
    ['no id', {}],
    ['the zero id', { id: ZERO_UUID }],
    ['an id that is none', { id: 'everyone' }],
    ['a number as id', { id: 1 }],
    ['a list', []],
  ])('%s deletes nothing and the service lives on', async (_what, data) => {
    const customerId = freshId();
    const kept = extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    await world().customers.publish('customer_deleted', data);
    await untilTaken();
    expect(extensionOf(await world().caller.get(`/v1/extensions/${kept.id}`))).toEqual(kept);
    expect(world().service.running).toBe(true);
  });

  it.each([
    ['another publisher', 'customer_deleted', 'agent-manager'],
    ['another spelling of the publisher', 'customer_deleted', 'Customer-Manager'],
    ['another type', 'customer_updated', 'customer-manager'],
    ['another spelling of the type', 'CUSTOMER_DELETED', 'customer-manager'],
  ])('%s is none of our business', async (_what, type, publisher) => {
    const customerId = freshId();
    extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    await world().customers.publish(type, { id: customerId }, publisher);
    await untilTaken();
    await staysTrue('the extension is alive', async () => (await alive(customerId)) === 1, 300);
  });

  it('its secrets are in no log line', async () => {
    const customerId = freshId();
    extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    await world().customers.announceDeleted(customerId, { webhook_secret: 'canary-webhook-secret' });
    await world().customers.publishRaw('{"type":"customer_deleted","data":{"webhook_secret":"canary-webhook-secret"');
    await world().events.untilSeen(customerId, 'extension_deleted');
    await untilTaken();
    expect(world().service.logText()).not.toContain('canary-webhook-secret');
  });
});

import mysql from 'mysql2/promise';
import { registeredContact } from '../factories/contact.factory';
import { createExtension } from '../factories/extension.factory';
import { storedLogin } from '../factories/stored-login.factory';
import { eventually } from '../support/conditions';
import { uuidToBinary } from '../support/database';
import { extensionOf, type ExtensionData } from '../support/envelope';
import { backingServers } from '../support/environment';
import { withWorld } from '../support/with-world';
import { freshId, type World } from '../support/world';

const LOGIN_TABLES = ['ps_aors', 'ps_auths', 'ps_endpoints'];

/** Locks a record in a transaction of its own; gives the function that ends it. */
async function lock({ bin }: World, id: string): Promise<() => Promise<void>> {
  const { host, port, user, password } = backingServers().sql;
  const connection = await mysql.createConnection({ host, port, user, password, database: bin.name });
  await connection.beginTransaction();
  await connection.query('SELECT id FROM registrar_extensions WHERE id = ? FOR UPDATE', [uuidToBinary(id)]);
  return async () => {
    await connection.rollback();
    await connection.end();
  };
}

describe('a batch of a cascade', () => {
  const world = withWorld({ keepsReplyQueues: false });

  const given = async (customerId: string, extension: string): Promise<ExtensionData> => {
    const created = extensionOf(
      await world().caller.post('/v1/extensions', createExtension(customerId, { extension })),
    );
    await world().asterisk.insert('ps_contacts', registeredContact(customerId, extension));
    // Both are in the cache now.
    await world().caller.get(`/v1/extensions/${created.id}`);
    await world().caller.get('/v1/contacts', { customer_id: customerId, extension });
    return created;
  };
  const isAlive = async (id: string): Promise<boolean> =>
    (await world().bin.count('registrar_extensions', 'id = ? AND tm_delete IS NULL', [uuidToBinary(id)])) === 1;
  const logins = async (endpointId: string): Promise<number[]> =>
    Promise.all(LOGIN_TABLES.map((table) => world().asterisk.count(table, 'id = ?', [endpointId])));

  /** The customer's extensions are gone, with all that followed from them, and announced once each. */
  const expectGone = async (customerId: string, extensions: readonly ExtensionData[]): Promise<void> => {
    await world().events.untilSeen(customerId, 'extension_deleted', extensions.length, { timeoutMs: 20_000 });
    await eventually('an empty outbox', async () => (await world().bin.count('registrar_outbox')) === 0);
    for (const { id, endpoint_id: endpointId, extension } of extensions) {
      const types = world()
        .events.of(customerId)
        .filter(({ data }) => data['id'] === id)
        .map(({ type }) => type);
      expect(types).toEqual(['extension_created', 'extension_deleted']);
      expect(await world().bin.count('registrar_sip_auths', 'id = ?', [uuidToBinary(id)])).toBe(0);
      expect(await world().asterisk.count('ps_contacts', 'endpoint = ?', [endpointId])).toBe(0);
      const read = extensionOf(await world().caller.get(`/v1/extensions/${id}`));
      expect(read.tm_delete).toBe(read.tm_update);
      const byNumber = await world().caller.get(`/v1/extensions/extension/${extension}`, { customer_id: customerId });
      expect(byNumber.status_code).toBe(404);
      const keys = await world().redis.keys(`*${endpointId}*`);
      expect(keys.filter((key) => !key.startsWith('registrar:fence:'))).toEqual([]);
    }
  };

  it('deletes what is free, and then what was locked; what was deleted stays as it was', async () => {
    const customerId = freshId();
    const numbers = ['101', '102', '103', '104', '105'];
    const all: ExtensionData[] = [];
    for (const number of numbers) all.push(await given(customerId, number));
    const [deleted, locked, ...free] = all as [ExtensionData, ExtensionData, ...ExtensionData[]];
    const { tm_delete: deletedAt } = extensionOf(await world().caller.delete(`/v1/extensions/${deleted.id}`));
    const release = await lock(world(), locked.id);
    try {
      await world().customers.announceDeleted(customerId);
      for (const { id } of free) await eventually('a free one gone', async () => !(await isAlive(id)));
      expect(await isAlive(locked.id)).toBe(true);
      expect(await logins(locked.endpoint_id)).toEqual([1, 1, 1]);
    } finally {
      await release();
    }
    await expectGone(customerId, all);
    for (const { endpoint_id: endpointId } of all) expect(await logins(endpointId)).toEqual([0, 0, 0]);
    expect(extensionOf(await world().caller.get(`/v1/extensions/${deleted.id}`)).tm_delete).toBe(deletedAt);
    const times = await Promise.all(
      free.map(async ({ id }) => extensionOf(await world().caller.get(`/v1/extensions/${id}`)).tm_delete),
    );
    expect(new Set(times).size).toBe(1);
  });

  it('whose records may share logins leaves a login to the record that stays', async () => {
    const [customerId, neighbour] = [freshId(), freshId()];
    const shared = await given(customerId, '201');
    const ordinary = await given(customerId, '202');
    await world().service.stop();
    world().services.pop();
    await world().bin.run('ALTER TABLE registrar_extensions DROP INDEX uq_registrar_extensions_alive');
    const { endpoint_id, aor_id, auth_id, realm } = shared;
    const ids = { endpoint_id, aor_id, auth_id, realm };
    // Two of one number: the key cannot come back.
    const twins = ['301', '301'].map((number) => storedLogin(neighbour, number, { username: freshId() }).extension);
    const heir = storedLogin(neighbour, '302', { ...ids, password: 'of the heir' }).extension;
    await world().bin.insertAll('registrar_extensions', [...twins, heir]);
    await world().startService();
    await world().customers.announceDeleted(customerId);
    await world().events.untilSeen(customerId, 'extension_deleted', 2);
    await eventually(
      'the login of the ordinary one gone',
      async () => !(await logins(ordinary.endpoint_id)).includes(1),
    );
    expect(await logins(shared.endpoint_id)).toEqual([1, 1, 1]);
    const auth = await world().asterisk.row('SELECT * FROM ps_auths WHERE id = ?', [shared.auth_id]);
    expect(auth).toMatchObject({ username: '302', password: 'of the heir' });
    expect(await world().bin.count('registrar_sip_auths', 'id = ?', [uuidToBinary(shared.id)])).toBe(0);
  });
});

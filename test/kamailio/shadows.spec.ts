import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { uuidToBinary } from '../support/database';
import { eachRow } from '../support/each-row';
import { extensionOf, trunkOf } from '../support/envelope';
import { withKamailio } from '../support/sip/with-kamailio';
import { freshDomain, freshId } from '../support/world';

/** Kamailio compares user names and realms without case and accents, and takes the first row: a second one is dead. */
describe('an account that would be in the shadow of another one', () => {
  const site = withKamailio();

  eachRow([
    ['desk', 'desk'],
    ['desk', 'DESK'],
    ['a.b+c', 'A.B+C'],
  ])('is no new extension', async (first, second) => {
    const customer = freshId();
    const create = (extension: string) =>
      site().world.caller.post('/v1/extensions', createExtension(customer, { extension, password: `of ${extension}` }));
    const made = extensionOf(await create(first));
    expect((await create(second)).status_code).toBe(409);
    const phone = await site().phone();
    const login = { username: second, password: made.password };
    expect((await phone.invite(second, made.realm, login)).status).toBe(200);
  });

  eachRow(['désk', 'dešk', 'desk ', 'ｄesk', 'de\u0301sk'])(
    'is no extension with an accent or a blank',
    async (number) => {
      const customer = freshId();
      const create = (extension: string) =>
        site().world.caller.post('/v1/extensions', createExtension(customer, { extension }));
      expect((await create('desk')).status_code).toBe(200);
      expect((await create(number)).status_code).toBe(400);
    },
  );

  it('is no new trunk, of no customer', async () => {
    const domain_name = freshDomain();
    const create = (name: string) =>
      site().world.caller.post('/v1/trunks', createTrunk(freshId(), { domain_name: name, password: `of ${name}` }));
    const made = trunkOf(await create(domain_name));
    expect((await create(domain_name)).status_code).toBe(409);
    expect((await create(domain_name.toUpperCase())).status_code).toBe(409);
    expect((await create(`é${domain_name}`)).status_code).toBe(400);
    const { username, password } = made;
    const phone = await site().phone();
    expect((await phone.invite(username, made.realm.toUpperCase(), { username, password })).status).toBe(200);
  });

  const copy = (table: string, id: string, changes: string): Promise<void> => {
    const columns = changes.split(', ').map((change) => change.split(' = ')[0] ?? '');
    const values = changes.split(', ').map((change) => change.split(' = ')[1] ?? '');
    return site().world.bin.run(
      `INSERT INTO ${table} (id, customer_id, domain_name, realm, password, ${columns.join(', ')})
       SELECT ?, customer_id, ${table === 'registrar_trunks' ? 'upper(domain_name)' : 'domain_name'}, realm, password,
         ${values.join(', ')} FROM ${table} WHERE id = ?`,
      [uuidToBinary(freshId()), uuidToBinary(id)],
    );
  };

  it('is not written by another program either: the unique keys refuse it', async () => {
    const { caller } = site().world;
    const extension = extensionOf(
      await caller.post('/v1/extensions', createExtension(freshId(), { extension: 'desk' })),
    );
    const trunk = trunkOf(await caller.post('/v1/trunks', createTrunk(freshId())));
    await expect(copy('registrar_extensions', extension.id, "extension = 'DESK', username = 'x'")).rejects.toThrow(
      /Duplicate/,
    );
    await expect(copy('registrar_extensions', extension.id, "extension = 'x', username = 'DESK'")).rejects.toThrow(
      /Duplicate/,
    );
    await expect(copy('registrar_trunks', trunk.id, "username = 'x'")).rejects.toThrow(/Duplicate/);
  });
});

import { registeredContact } from '../factories/contact.factory';
import { createExtension } from '../factories/extension.factory';
import { eventually } from '../support/conditions';
import { extensionOf, type ExtensionData } from '../support/envelope';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

const COLUMNS_THAT_MAY_BE_NULL = Object.keys(registeredContact('', '')).filter((column) => column !== 'endpoint');

describe('contacts', () => {
  const world = withWorld();
  // Asterisk's own table has no primary key, so that its columns may be empty; ours has one where the service makes it.
  beforeAll(() => world().asterisk.run('ALTER TABLE ps_contacts DROP PRIMARY KEY, MODIFY id VARCHAR(255) NULL'));
  const register = (contact: ReturnType<typeof registeredContact>): Promise<void> =>
    world().asterisk.insert('ps_contacts', contact);
  const contacts = async (customerId: string, extension = '2001'): Promise<Record<string, unknown>[]> => {
    const reply = await world().caller.get('/v1/contacts', { customer_id: customerId, extension });
    if (reply.status_code !== 200) throw new Error(reply.text);
    return reply.data as Record<string, unknown>[];
  };
  const refresh = async (customerId: string): Promise<string> =>
    (await world().caller.put('/v1/contacts', { customer_id: customerId, extension: '2001' })).text;
  const create = async (): Promise<ExtensionData> =>
    extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId())));
  /** A customer who has the extension 2001. */
  const newCustomer = async (): Promise<string> => (await create()).customer_id;

  it('of nobody: an empty list', async () => {
    const reply = await world().caller.get('/v1/contacts', { customer_id: freshId(), extension: '1' });
    expect(reply.text).toBe('{"status_code":200,"data_type":"application/json","data":[]}');
  });

  it('come as Asterisk stored them, in the contract’s order, floats short', async () => {
    const customerId = await newCustomer();
    const stored = registeredContact(customerId, '2001');
    await register(stored);
    const [contact, ...others] = await contacts(customerId);
    expect(others).toEqual([]);
    expect(contact).toEqual(stored);
    expect(Object.keys(contact ?? {})).toEqual(Object.keys(stored));
  });

  it.each(COLUMNS_THAT_MAY_BE_NULL)('survive a NULL in %s', async (column) => {
    const customerId = await newCustomer();
    const stored = registeredContact(customerId, '2001');
    await register({ ...stored, [column]: null });
    const [contact] = await contacts(customerId);
    const empty = typeof stored[column] === 'number' ? 0 : '';
    expect(contact).toEqual({ ...stored, [column]: empty });
  });

  it('that ended more than a minute ago are left out', async () => {
    const customerId = await newCustomer();
    const now = Math.floor(Date.now() / 1000);
    await register(registeredContact(customerId, '2001', { id: `${customerId}-a`, expiration_time: now - 120 }));
    await register(registeredContact(customerId, '2001', { id: `${customerId}-b`, expiration_time: now - 20 }));
    expect((await contacts(customerId)).map((contact) => contact['id'])).toEqual([`${customerId}-b`]);
  });

  it('are kept for a while, until PUT /v1/contacts says they changed', async () => {
    const customerId = await newCustomer();
    expect(await contacts(customerId)).toEqual([]);
    const key = `ast_contacts:2001@${customerId}.registrar.example.org`;
    const lifetime = await world().redis.ttl(key);
    expect(lifetime).toBeGreaterThan(0);
    expect(lifetime).toBeLessThanOrEqual(180);
    await register(registeredContact(customerId, '2001'));
    expect(await contacts(customerId)).toEqual([]);
    expect(await refresh(customerId)).toBe('{"status_code":200,"data_type":""}');
    expect(await contacts(customerId)).toHaveLength(1);
  });

  it.each(['not json', '{}', '"x"', '5', '[null]', '[1]', 'null'])('do not come from a cached %s', async (rubbish) => {
    const customerId = await newCustomer();
    const stored = registeredContact(customerId, '2001');
    await register(stored);
    await world().redis.set(`ast_contacts:${String(stored['endpoint'])}`, rubbish, 'EX', 60);
    expect(await contacts(customerId)).toEqual([stored]);
  });

  it('of a phone that refreshed its registration stay listed, whatever was cached before', async () => {
    const customerId = await newCustomer();
    const ending = registeredContact(customerId, '2001', {
      id: `${customerId}-a`,
      expiration_time: Math.floor(Date.now() / 1000) - 57,
    });
    await register(ending);
    await register(registeredContact(customerId, '2001', { id: `${customerId}-b` }));
    expect(await contacts(customerId)).toHaveLength(2);
    await world().asterisk.run('UPDATE ps_contacts SET expiration_time = ? WHERE id = ?', [
      Math.floor(Date.now() / 1000) + 300,
      `${customerId}-a`,
    ]);
    const key = `ast_contacts:${String(ending['endpoint'])}`;
    await eventually('the old list having ended', async () => (await world().redis.exists(key)) === 0);
    expect(await contacts(customerId)).toHaveLength(2);
    expect(await contacts(customerId)).toHaveLength(2);
  });

  it('are read anew when the cached list has lost one of them to time, and kept again', async () => {
    const customerId = await newCustomer();
    const stored = registeredContact(customerId, '2001');
    await register(stored);
    const key = `ast_contacts:${String(stored['endpoint'])}`;
    const ended = { ...stored, expiration_time: Math.floor(Date.now() / 1000) - 61 };
    await world().redis.set(key, JSON.stringify([ended]), 'EX', 170);
    expect(await contacts(customerId)).toEqual([stored]);
    expect(JSON.parse((await world().redis.get(key)) ?? '')).toEqual([stored]);
  });

  it.each([
    [10, 1, 10],
    [1_000, 100, 180],
    [-30, 1, 5],
  ])('whose first ends in %d s are kept for %d to %d s', async (endsIn, least, most) => {
    const customerId = await newCustomer();
    const now = Math.floor(Date.now() / 1000);
    await register(registeredContact(customerId, '2001', { id: `${customerId}-a`, expiration_time: now + endsIn }));
    await register(registeredContact(customerId, '2001', { id: `${customerId}-b`, expiration_time: now + 3_600 }));
    expect(await contacts(customerId)).toHaveLength(2);
    const lifetime = await world().redis.ttl(`ast_contacts:2001@${customerId}.registrar.example.org`);
    expect(lifetime).toBeGreaterThanOrEqual(least);
    expect(lifetime).toBeLessThanOrEqual(most);
  });

  it('that Asterisk writes after the delete are nobody’s, and a new extension of that number starts without them', async () => {
    const extension = await create();
    await world().caller.delete(`/v1/extensions/${extension.id}`);
    await register(registeredContact(extension.customer_id, '2001', { user_agent: 'OLD PHONE' }));
    expect(await contacts(extension.customer_id)).toEqual([]);
    extensionOf(await world().caller.post('/v1/extensions', createExtension(extension.customer_id)));
    expect(await contacts(extension.customer_id)).toEqual([]);
    expect(await world().asterisk.count('ps_contacts', 'endpoint = ?', [extension.endpoint_id])).toBe(0);
  });

  it('go when the password changes, and stay when it does not', async () => {
    const extension = await create();
    const put = (password: string): Promise<unknown> =>
      world().caller.put(`/v1/extensions/${extension.id}`, { name: 'n', detail: '', password });
    await register(registeredContact(extension.customer_id, '2001'));
    expect(await contacts(extension.customer_id)).toHaveLength(1);
    await put('');
    await put('s3cr3t-Pa55');
    expect(await contacts(extension.customer_id)).toHaveLength(1);
    await put('changed');
    expect(await contacts(extension.customer_id)).toEqual([]);
    expect(await world().asterisk.count('ps_contacts', 'endpoint = ?', [extension.endpoint_id])).toBe(0);
  });

  it('go when the extension is deleted, by whatever spelling somebody asked for them before', async () => {
    const customerId = freshId();
    const data = createExtension(customerId, { extension: 'Desk' });
    const { id } = extensionOf(await world().caller.post('/v1/extensions', data));
    await register(registeredContact(customerId, 'Desk'));
    expect(await contacts(customerId, 'desk')).toHaveLength(1);
    await world().caller.delete(`/v1/extensions/${id}`);
    expect(await contacts(customerId, 'desk')).toEqual([]);
  });

  it('go when the extension is deleted, so that a new one of that number starts unregistered', async () => {
    const extension = await create();
    await register(registeredContact(extension.customer_id, '2001'));
    expect(await contacts(extension.customer_id)).toHaveLength(1);
    await world().caller.delete(`/v1/extensions/${extension.id}`);
    expect(await contacts(extension.customer_id)).toEqual([]);
    extensionOf(await world().caller.post('/v1/extensions', createExtension(extension.customer_id)));
    expect(await contacts(extension.customer_id)).toEqual([]);
    expect(await world().asterisk.count('ps_contacts', 'endpoint = ?', [extension.endpoint_id])).toBe(0);
  });
});

import { createExtension } from '../factories/extension.factory';
import type { ExtensionData } from '../support/envelope';
import { operatorsOwn, result } from '../cli/control';
import { settingsFor, withAsterisk } from '../support/sip/with-asterisk';
import { freshId } from '../support/world';

const site = withAsterisk();
const operator = () => ({ environment: operatorsOwn(site().world.environment()) });
const rowsOf = ({ endpoint_id: id }: ExtensionData): Promise<number> =>
  site().world.asterisk.count('ps_contacts', 'endpoint = ?', [id]);
const setRow = (table: string, changes: string, { endpoint_id: id }: ExtensionData): Promise<void> =>
  site().world.asterisk.run(`UPDATE ${table} SET ${changes} WHERE id = ?`, [id]);

describe('the next REGISTER after our reply', () => {
  it('is refused with a wrong password, and with the old one after a change', async () => {
    const created = await site().create({ password: 'the-first' });
    expect(await site().register(created, { password: 'wrong' })).toBe(401);
    for (let turn = 0; turn < 20; turn += 1) {
      const old = turn === 0 ? 'the-first' : `turn-${turn - 1}`;
      const changed = await site().changePassword(created, `turn-${turn}`);
      expect(await site().register(created, { password: old })).toBe(401);
      expect(await site().register(changed)).toBe(200);
    }
  });

  it('is refused after a delete, also of a phone that is registered', async () => {
    const created = await site().create();
    const phone = await site().phone();
    expect((await phone.register(settingsFor(created))).status).toBe(200);
    await site().delete(created);
    expect((await phone.register(settingsFor(created))).status).toBe(401);
    expect(await site().contactsOf(created)).toEqual([]);
  });

  it('is refused for a number that has moved, and accepted at the new one', async () => {
    const created = await site().create({ extension: '3001' });
    const words = ['extension', 'update', '--id', created.id, '--extension-number', '3002', '--show-password'];
    const moved = await result<ExtensionData>([...words, '--format', 'json'], operator());
    expect(await site().register(created)).toBe(401);
    expect(await site().register(moved)).toBe(200);
  });

  it('is refused with the old user name of the digest, and accepted with the new one', async () => {
    const created = await site().create();
    const words = ['extension', 'update', '--id', created.id, '--username', 'bob', '--show-password'];
    const renamed = await result<ExtensionData>([...words, '--format', 'json'], operator());
    expect(await site().register(created)).toBe(401);
    expect(await site().register(renamed)).toBe(200);
  });
});

describe('registered contacts', () => {
  it.each([
    ['a delete', (created: ExtensionData) => site().delete(created)],
    ['a new password', (created: ExtensionData) => site().changePassword(created, 'n3w-pass')],
  ])('are gone after %s', async (_, change) => {
    const created = await site().create();
    for (let phones = 0; phones < 3; phones += 1) expect(await site().register(created)).toBe(200);
    expect(await site().contactsOf(created)).toHaveLength(3);
    await change(created);
    expect(await rowsOf(created)).toBe(0);
    const { customer_id, extension } = created;
    expect((await site().world.caller.get('/v1/contacts', { customer_id, extension })).data).toEqual([]);
  });

  it('stay when the password stays', async () => {
    const created = await site().create();
    expect(await site().register(created)).toBe(200);
    await site().world.caller.put(`/v1/extensions/${created.id}`, { name: 'another', detail: '', password: '' });
    expect(await site().contactsOf(created)).toHaveLength(1);
  });

  it('of a REGISTER that ends after the delete are nobody’s, and the next holder of the number starts with none', async () => {
    const customer_id = freshId();
    const first = await site().create({ customer_id });
    expect(await site().register(first)).toBe(200);
    const late = await site().world.asterisk.row('SELECT * FROM ps_contacts WHERE endpoint = ?', [first.endpoint_id]);
    await site().delete(first);
    // What Asterisk writes for a REGISTER that it let in before the delete.
    await site().world.asterisk.insert('ps_contacts', late as Record<string, string>);
    expect(await site().contactsOf(first)).toEqual([]);
    const second = await site().create({ customer_id, password: 'another-holder' });
    expect(await rowsOf(second)).toBe(0);
    expect(await site().contactsOf(second)).toEqual([]);
    expect(await site().register(second)).toBe(200);
    expect(await site().contactsOf(second)).toHaveLength(1);
  });

  it('that REGISTERs under way leave while the extension is deleted and made again are never listed', async () => {
    const customer_id = freshId();
    let created = await site().create({ customer_id });
    for (let turn = 0; turn < 15; turn += 1) {
      const phones = Array.from({ length: 6 }, () => site().register(created));
      await new Promise((resolve) => setTimeout(resolve, turn % 5));
      await site().delete(created);
      await Promise.all(phones);
      expect(await site().contactsOf(created)).toEqual([]);
      created = await site().create({ customer_id, password: `turn-${turn}` });
      expect(await site().contactsOf(created)).toEqual([]);
      await site().hangUp();
    }
  });
});

describe('what an operator has tuned', () => {
  const TUNED = "max_contacts = 1, remove_existing = 'no', default_expiration = 77";

  it.each([
    ['a new password', (created: ExtensionData) => site().changePassword(created, 'n3w-pass')],
    ['a new name', (created: ExtensionData) => rename(created)],
    ['a new number', (created: ExtensionData) => renumber(created)],
    ['reconcile', () => reconcile()],
  ])('stays through %s, and Asterisk follows it', async (_, change) => {
    const created = await site().create();
    await setRow('ps_aors', TUNED, created);
    await setRow('ps_auths', "password = 'damaged'", created);
    await change(created);
    await reconcile();
    const { data } = await site().world.caller.get(`/v1/extensions/${created.id}`);
    const now = data as ExtensionData;
    expect(await site().register(now)).toBe(200);
    // With remove_existing=no a second phone finds no place.
    expect(await site().register(now)).toBe(403);
    const shown = await result(['extension', 'get', '--id', created.id], operator());
    expect(shown).toMatchObject({ max_contacts: 1 });
    expect(await site().world.asterisk.row('SELECT * FROM ps_aors WHERE id = ?', [now.aor_id])).toMatchObject({
      ...{ max_contacts: 1, remove_existing: 'no', default_expiration: 77 },
    });
  });

  const rename = ({ id }: ExtensionData): Promise<unknown> =>
    site().world.caller.put(`/v1/extensions/${id}`, { name: 'renamed', detail: '', password: '' });
  const renumber = ({ id }: ExtensionData): Promise<unknown> =>
    result(['extension', 'update', '--id', id, '--extension-number', '3003'], operator());
});

const reconcile = (): Promise<unknown> => result(['reconcile', '--from-start'], operator());

describe('an auth row that an operator gave a digest', () => {
  const md5 = (text: string): string => `md5('${text}')`;
  const withMd5 = ({ username, realm }: ExtensionData, secret: string): string =>
    `auth_type = 'md5', password = NULL, md5_cred = ${md5(`${username}:${realm}:${secret}`)}`;
  const withDigest = ({ username, realm }: ExtensionData, secret: string): string =>
    `password = NULL, password_digest = concat('MD5:', ${md5(`${username}:${realm}:${secret}`)})`;

  it.each([
    ['md5_cred', withMd5],
    ['password_digest', withDigest],
  ])('opens by %s until the password changes, and by nothing else afterwards', async (_, columns) => {
    const created = await site().create();
    await setRow('ps_auths', columns(created, 'by-hand'), created);
    expect(await site().register(created, { password: 'by-hand' })).toBe(200);
    const changed = await site().changePassword(created, 'n3w-pass');
    expect(await site().register(created, { password: 'by-hand' })).toBe(401);
    expect(await site().register(created)).toBe(401);
    expect(await site().register(changed)).toBe(200);
  });
});

it('refuses every request for a number that was refused at its creation', async () => {
  const request = createExtension(freshId(), { extension: 'a,b' });
  expect((await site().world.caller.post('/v1/extensions', request)).status_code).toBe(400);
  expect(await site().world.asterisk.count('ps_endpoints', 'id LIKE ?', [`%${request.customer_id}%`])).toBe(0);
});

import { result, operatorsOwn } from '../cli/control';
import { storedLogin } from '../factories/stored-login.factory';
import type { ExtensionData } from '../support/envelope';
import { settingsFor, withAsterisk } from '../support/sip/with-asterisk';
import { freshId } from '../support/world';

const EARLIER = 'sip.earlier.example.org';
// The service's own runs are far apart, so that the damage stays until the command mends it.
const site = withAsterisk({ environment: { RECONCILE_INTERVAL_SECONDS: '3600' } });
const operator = () => ({ environment: operatorsOwn(site().world.environment()) });
const reconcile = async (): Promise<number> => {
  const report = await result<{ repaired: Record<string, number> }>(['reconcile', '--from-start'], operator());
  return Object.values(report.repaired).reduce((sum, count) => sum + count, 0);
};
const sql = (text: string, { endpoint_id: id }: ExtensionData): Promise<void> => site().world.asterisk.run(text, [id]);

const DAMAGES: readonly (readonly [what: string, statement: string, refusal: number])[] = [
  ['another password', "UPDATE ps_auths SET password = 'damaged' WHERE id = ?", 401],
  ['a password that nobody encoded', "UPDATE ps_auths SET password = 'a;b' WHERE id = ?", 401],
  ['no password', 'UPDATE ps_auths SET password = NULL WHERE id = ?', 500],
  ['another user name', "UPDATE ps_auths SET username = 'other' WHERE id = ?", 401],
  ['a digest of another password', "UPDATE ps_auths SET auth_type = 'md5', md5_cred = md5('x') WHERE id = ?", 401],
  ['no auth row', 'DELETE FROM ps_auths WHERE id = ?', 500],
  ['no AOR row', 'DELETE FROM ps_aors WHERE id = ?', 404],
  ['no endpoint row', 'DELETE FROM ps_endpoints WHERE id = ?', 401],
  ['an endpoint of another AOR', "UPDATE ps_endpoints SET aors = 'other' WHERE id = ?", 404],
  ['an endpoint of another auth', "UPDATE ps_endpoints SET auth = 'other' WHERE id = ?", 500],
];

/** The statuses of a REGISTER before and after the damage, and after reconcile. */
type Seen = readonly [before: number, damaged: number, repaired: number];

describe('hand-made damage', () => {
  const seen = new Map<string, Seen>();
  let second = -1;

  beforeAll(async () => {
    const logins = await Promise.all(DAMAGES.map(() => site().create({ password: 'a;b^41 ok' })));
    const before = await Promise.all(logins.map((login) => site().register(login)));
    await Promise.all(logins.map((login, index) => sql(DAMAGES[index]?.[1] ?? '', login)));
    const damaged = await Promise.all(logins.map((login) => site().register(login)));
    await reconcile();
    const repaired = await Promise.all(logins.map((login) => site().register(login)));
    second = await reconcile();
    DAMAGES.forEach(([what], index) => seen.set(what, [before[index] ?? 0, damaged[index] ?? 0, repaired[index] ?? 0]));
  });

  it.each(DAMAGES)('%s keeps the phone out, and reconcile lets it in again', (what, _, refusal) => {
    expect(seen.get(what)).toEqual([200, refusal, 200]);
  });

  it('is repaired at once', () => {
    expect(second).toBe(0);
  });
});

it('closes an endpoint that was left without an auth and let everybody in', async () => {
  const created = await site().create();
  await sql('UPDATE ps_endpoints SET auth = NULL WHERE id = ?', created);
  expect(await site().register(created, { password: 'anything' })).toBe(200);
  await reconcile();
  expect(await site().register(created, { password: 'anything' })).toBe(401);
  expect(await site().register(created)).toBe(200);
});

it('removes a login without a record', async () => {
  const login = storedLogin(freshId(), '2001');
  for (const [table, row] of [
    ['ps_aors', login.aor],
    ['ps_auths', login.auth],
    ['ps_endpoints', login.endpoint],
  ] as const)
    await site().world.asterisk.insert(table, row);
  const settings = { ...login.extension, extension: '2001', password: 'p' } as unknown as ExtensionData;
  expect(await site().register(settings)).toBe(200);
  await reconcile();
  expect(await site().register(settings)).toBe(401);
  const address = String(login.endpoint['id']);
  expect(await site().world.asterisk.count('ps_contacts', 'endpoint = ?', [address])).toBe(0);
});

describe('an extension made under an earlier base domain', () => {
  const under = async (customerId: string): Promise<ExtensionData> => {
    const realm = `${customerId}.${EARLIER}`;
    const address = `2001@${realm}`;
    const identity = { endpoint_id: address, aor_id: address, auth_id: address, realm };
    const login = storedLogin(customerId, '2001', { ...identity, password: 'earlier-one' });
    await site().world.bin.insert('registrar_extensions', login.extension);
    return { ...login.extension, id: login.id, customer_id: customerId, ...identity } as unknown as ExtensionData;
  };

  it('keeps its realm: it is repaired, found, listed, flushed, changed and deleted', async () => {
    const customerId = freshId();
    const record = await under(customerId);
    const by = ['--customer-id', customerId, '--extension-number', '2001'];
    expect(await site().register(record)).toBe(401);
    await reconcile();
    expect(await site().register(record)).toBe(200);

    const found = await site().world.caller.get(`/v1/extensions/extension/2001`, { customer_id: customerId });
    expect(found.data).toMatchObject({ id: record.id, realm: record.realm });
    expect(await site().contactsOf(record)).toHaveLength(1);
    await result(['contact', 'flush', ...by, '--force'], operator());
    expect(await site().contactsOf(record)).toEqual([]);

    const changed = await site().changePassword(record, 'n3w-pass');
    expect(changed.realm).toBe(record.realm);
    expect(await site().register(record)).toBe(401);
    expect(await site().register(changed)).toBe(200);
    await site().delete(changed);
    const phone = await site().phone();
    expect((await phone.register(settingsFor(changed))).status).toBe(401);
    expect(await site().contactsOf(changed)).toEqual([]);
  });
});

import { createExtension } from '../factories/extension.factory';
import { createIpTrunk, createTrunk } from '../factories/trunk.factory';
import { uuidToBinary } from '../support/database';
import { eachRow } from '../support/each-row';
import { extensionOf, trunkOf, type TrunkData } from '../support/envelope';
import type { Credentials } from '../support/sip/digest';
import { withKamailio } from '../support/sip/with-kamailio';
import { BASE_DOMAIN_TRUNK, freshId } from '../support/world';

const ANYBODY = [407, 403];

describe('a call at a real Kamailio', () => {
  const site = withKamailio();

  interface Account {
    readonly username: string;
    readonly realm: string;
    readonly password: string;
  }
  const call = async (user: string, realm: string, credentials?: Credentials): Promise<number> =>
    (await (await site().phone()).invite(user, realm, credentials)).status;
  const login = ({ username, realm, password }: Account): Promise<number> =>
    call(username, realm, { username, password });
  const trunk = async (changes: Parameters<typeof createTrunk>[1] = {}): Promise<TrunkData> =>
    trunkOf(await site().world.caller.post('/v1/trunks', createTrunk(freshId(), changes)));

  const KINDS: readonly [string, () => Promise<Account>][] = [
    [
      'an extension',
      async () => extensionOf(await site().world.caller.post('/v1/extensions', createExtension(freshId()))),
    ],
    ['a trunk', () => trunk()],
  ];

  it.each(KINDS)('is let in with the password of %s, and refused with another one', async (_, create) => {
    const account = await create();
    expect(await call(account.username, account.realm)).toBe(407);
    expect(await login(account)).toBe(200);
    expect(await login({ ...account, password: 'wrong' })).toBe(403);
    expect(await login({ ...account, password: '' })).toBe(403);
    expect(await login({ ...account, username: 'nobody' })).toBe(403);
    expect(await login({ ...account, realm: `other.${account.realm}` })).toBe(403);
  });

  it.each(KINDS)('is let in by %s in any letter case of the user name and the realm', async (_, create) => {
    const account = await create();
    expect(await login({ ...account, username: account.username.toUpperCase() })).toBe(200);
    expect(await login({ ...account, realm: account.realm.toUpperCase() })).toBe(200);
  });

  it('speaks only with the user name of its digest', async () => {
    const account = await trunk();
    const { username, password, realm } = account;
    expect(await call('chief', realm, { username, password })).toBe(403);
    expect(await call('', realm, { username, password })).toBe(403);
  });

  it('is let in by accounts of the same name in two realms, by each with its own password', async () => {
    const [one, other] = [await trunk({ password: 'one' }), await trunk({ password: 'other' })];
    expect([await login(one), await login(other)]).toEqual([200, 200]);
    expect(await login({ ...one, password: other.password })).toBe(403);
  });

  it('follows a changed password at once', async () => {
    const extension = extensionOf(await site().world.caller.post('/v1/extensions', createExtension(freshId())));
    await site().world.caller.put(`/v1/extensions/${extension.id}`, { name: '', detail: '', password: 'second' });
    expect(await login(extension)).toBe(403);
    expect(await login({ ...extension, password: 'second' })).toBe(200);
    const account = await trunk();
    const settings = { name: '', detail: '', auth_types: ['basic'], username: account.username, allowed_ips: [] };
    await site().world.caller.put(`/v1/trunks/${account.id}`, { ...settings, password: 'second' });
    expect(await login(account)).toBe(403);
    expect(await login({ ...account, password: 'second' })).toBe(200);
  });

  it('follows a deletion at once', async () => {
    const extension = extensionOf(await site().world.caller.post('/v1/extensions', createExtension(freshId())));
    const account = await trunk();
    expect([await login(extension), await login(account)]).toEqual([200, 200]);
    await site().world.caller.delete(`/v1/extensions/${extension.id}`);
    await site().world.caller.delete(`/v1/trunks/${account.id}`);
    expect([await login(extension), await login(account)]).toEqual([403, 403]);
  });

  it('is not let in by a password once basic is taken from the trunk', async () => {
    const account = await trunk();
    const settings = { name: '', detail: '', auth_types: ['ip'], allowed_ips: ['203.0.113.7'] };
    const { username, password } = account;
    await site().world.caller.put(`/v1/trunks/${account.id}`, { ...settings, username, password });
    expect(await login(account)).toBe(403);
  });

  const IP_ONLY: readonly Credentials[] = [
    { username: '', password: '' },
    { username: 'acme', password: '' },
    { username: 'acme', password: 't0p-secret' },
  ];

  it('is refused by a trunk that admits by address alone, whatever the digest', async () => {
    for (const stored of IP_ONLY) {
      const reply = await site().world.caller.post('/v1/trunks', createIpTrunk(freshId(), stored));
      const { realm } = trunkOf(reply);
      for (const { username, password } of IP_ONLY) {
        for (const user of new Set([username, 'acme', ''])) {
          expect(ANYBODY).toContain(await call(user, realm, { username, password }));
          expect(ANYBODY).toContain(await call(user, realm, { username: `${username}@${realm}`, password }));
        }
      }
    }
  });

  /** The original writes what it is given, also an empty password. */
  const leaveOpen = async (account: TrunkData, username: string): Promise<void> => {
    const id = uuidToBinary(account.id);
    for (const table of ['registrar_trunks', 'registrar_sip_auths'])
      await site().world.bin.run(`UPDATE ${table} SET username = ?, password = '' WHERE id = ?`, [username, id]);
  };

  eachRow(['acme', ''])('is refused by a row with an empty password that the original left', async (username) => {
    const account = await trunk();
    await leaveOpen(account, username);
    expect(ANYBODY).toContain(await call(username, account.realm, { username, password: '' }));
    expect(ANYBODY).toContain(await call('acme', account.realm, { username: `@${account.realm}`, password: '' }));
  });

  it('cannot leave its quotation in the domain of From', async () => {
    const { realm } = trunkOf(
      await site().world.caller.post('/v1/trunks', createIpTrunk(freshId(), { allowed_ips: ['127.0.0.1'] })),
    );
    const phone = await site().phone();
    const from = async (domain: string): Promise<number> => {
      const to = `sip:echo@${realm}`;
      return (await phone.ask({ method: 'INVITE', uri: to, from: `sip:acme@${domain}`, to })).status;
    };
    expect(await from(realm)).toBe(200);
    const domains = [`x'or'1'='1`, `${realm}'or'1'='1`, `${realm}'--`, `x\\'or\\'1`, `x'`, `x\\`, `x%27or%271`];
    // Kamailio does not even answer some of them: it cannot read the header.
    const answers = await Promise.all(domains.map((domain) => from(domain).catch(() => 0)));
    for (const answer of answers) expect([0, 403, 407]).toContain(answer);
  });

  it('is let in below every domain name that a trunk may have', async () => {
    for (const name of ['ab', 'a..', 'a.-', 'A-9.z', `z${freshId().slice(0, 29)}`, 'x..y', 'x-.y']) {
      const account = await trunk({ domain_name: name });
      expect(account.realm).toBe(`${name}.${BASE_DOMAIN_TRUNK}`);
      expect([name, await login(account)]).toEqual([name, 200]);
    }
  });
});

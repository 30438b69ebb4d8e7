import { control, operatorsOwn } from '../cli/control';
import { createIpTrunk, createTrunk } from '../factories/trunk.factory';
import { uuidToBinary } from '../support/database';
import { trunkOf, type TrunkData } from '../support/envelope';
import { replaced } from '../support/sip/documented-files';
import { Kamailio } from '../support/sip/kamailio';
import { Phone } from '../support/sip/phone';
import { withKamailio } from '../support/sip/with-kamailio';
import { freshId } from '../support/world';

interface Attack {
  readonly user: string;
  readonly realm: string;
  readonly username: string;
  readonly password: string;
}

/**
 * Each setting of docs/sip.md closes a hole: the same call is refused with it and let in without it. So the tests of
 * what is refused can fail.
 */
describe('a setting of the documented configuration', () => {
  const site = withKamailio();
  let victim: TrunkData;
  let attacker: TrunkData;

  beforeAll(async () => {
    const { caller } = site().world;
    victim = trunkOf(await caller.post('/v1/trunks', createTrunk(freshId(), { password: 'victim' })));
    attacker = trunkOf(
      await caller.post('/v1/trunks', createTrunk(freshId(), { username: 'mallory', password: 'mine' })),
    );
  });

  const attackAt = async (port: number, { user, realm, username, password }: Attack): Promise<number> => {
    const phone = await Phone.connect(port);
    try {
      return (await phone.invite(user, realm, { username, password })).status;
    } finally {
      await phone.close();
    }
  };
  const attempt = async (
    without: (text: string) => string,
    attack: Attack,
  ): Promise<{ open: number; closed: number }> => {
    const opened = await Kamailio.start(site().world.bin, { change: without });
    try {
      return { closed: await attackAt(site().kamailio.port, attack), open: await attackAt(opened.port, attack) };
    } finally {
      await opened.close();
    }
  };

  it('use_domain keeps a password in its own realm', async () => {
    const without = (text: string): string =>
      replaced(replaced(text, '"use_domain", 1', '"use_domain", 0'), /\n.*row_realm\)\{s.*/.exec(text)?.[0] ?? '?', '');
    const attack = { user: 'mallory', realm: victim.realm, username: 'mallory', password: 'mine' };
    expect(await attempt(without, attack)).toEqual({ closed: 403, open: 200 });
  });

  it('the comparison of realms refuses user@other-realm', async () => {
    const without = (text: string): string => replaced(text, /\n.*row_realm\)\{s.*/.exec(text)?.[0] ?? '?', '');
    const { realm } = victim;
    const attack = { user: 'mallory', realm, username: `mallory@${attacker.realm}`, password: 'mine' };
    expect(await attempt(without, attack)).toEqual({ closed: 403, open: 200 });
  });

  const emptyDigest = async (): Promise<Attack> => {
    const { id, realm } = trunkOf(
      await site().world.caller.post('/v1/trunks', createIpTrunk(freshId(), { username: 'acme', password: '' })),
    );
    await site().world.bin.run("UPDATE registrar_sip_auths SET username = 'acme', password = '' WHERE id = ?", [
      uuidToBinary(id),
    ]);
    return { user: 'acme', realm, username: 'acme', password: '' };
  };
  const onTheTable = (text: string): string => replaced(text, '"registrar_digest"', '"registrar_sip_auths"');

  it('the view hides a row with an empty password', async () => {
    expect(await attempt(onTheTable, await emptyDigest())).toEqual({ closed: 403, open: 200 });
  });

  it('the view hides the password of a trunk that admits by address alone', async () => {
    const attack = await emptyDigest();
    await site().world.bin.run("UPDATE registrar_sip_auths SET password = 'pw' WHERE realm = ?", [attack.realm]);
    expect(await attempt(onTheTable, { ...attack, password: 'pw' })).toEqual({ closed: 403, open: 200 });
  });

  it('the third argument of auth_check keeps the user name of From that of the digest', async () => {
    const without = (text: string): string => replaced(text, '"registrar_digest", "1"', '"registrar_digest", "0"');
    const attack = { user: 'chief', realm: attacker.realm, username: 'mallory', password: 'mine' };
    expect(await attempt(without, attack)).toEqual({ closed: 403, open: 200 });
  });

  it('max_while_loops lets the last of many entries count', async () => {
    const entries = [...Array.from({ length: 150 }, (_, n) => `203.0.113.${n}`), '127.0.0.1'];
    const { id, realm } = trunkOf(await site().world.caller.post('/v1/trunks', createIpTrunk(freshId())));
    const key = uuidToBinary(id);
    const store = 'UPDATE registrar_sip_auths SET allowed_ips = ? WHERE id = ?';
    await site().world.bin.run(store, [JSON.stringify(entries), key]);
    const without = (text: string): string => replaced(text, 'max_while_loops=1000\n', '');
    const call = { user: 'anybody', realm, username: 'anybody', password: 'none' };
    expect(await attempt(without, call)).toEqual({ closed: 200, open: 403 });
  });

  it('is_in_subnet finds the source in a network', async () => {
    const reply = await site().world.caller.post(
      '/v1/trunks',
      createIpTrunk(freshId(), { allowed_ips: ['127.0.0.0/8'] }),
    );
    const without = (text: string): string => replaced(text, 'is_in_subnet("$si", "$var(net)")', '$si == $var(net)');
    const call = { user: 'anybody', realm: trunkOf(reply).realm, username: 'anybody', password: 'none' };
    expect(await attempt(without, call)).toEqual({ closed: 200, open: 403 });
  });

  it('escape keeps a quotation mark of the user name out of the query', async () => {
    const { realm } = trunkOf(await site().world.caller.post('/v1/trunks', createIpTrunk(freshId())));
    const byUser = (text: string): string => replaced(text, "'$(fd{s.escape.common})'", "'$fU'");
    const quoted = (text: string): string => replaced(byUser(text), "'$fU'", "'$(fU{s.escape.common})'");
    const attack = { user: "x'or'1'='1", realm, username: 'x', password: '' };
    await site().world.caller.post('/v1/trunks', createIpTrunk(freshId(), { allowed_ips: ['127.0.0.0/8'] }));
    expect(await attempt(byUser, attack)).toMatchObject({ open: 200 });
    expect((await attempt(quoted, attack)).open).not.toBe(200);
  });
});

describe('the rows of the service', () => {
  /** Another configuration may read the table itself. */
  const onTheTable = (text: string): string => replaced(text, '"registrar_digest"', '"registrar_sip_auths"');
  const site = withKamailio({}, { change: onTheTable });
  const call = async (realm: string, username: string, password: string): Promise<number> =>
    (await (await site().phone()).invite(username, realm, { username, password })).status;

  it('let nobody in by digest at a trunk that admits by address alone, also without the view', async () => {
    for (const stored of [{}, { username: 'acme', password: '' }, { username: 'acme', password: 'pw' }]) {
      const { realm } = trunkOf(await site().world.caller.post('/v1/trunks', createIpTrunk(freshId(), stored)));
      for (const username of ['', 'acme'])
        for (const password of ['', 'pw']) expect([403, 407]).toContain(await call(realm, username, password));
    }
  });

  it('let nobody in by an empty password that the original left, after reconcile', async () => {
    const { caller, bin } = site().world;
    const { id, realm } = trunkOf(await caller.post('/v1/trunks', createTrunk(freshId())));
    for (const table of ['registrar_trunks', 'registrar_sip_auths'])
      await bin.run(`UPDATE ${table} SET password = '' WHERE id = ?`, [uuidToBinary(id)]);
    expect(await call(realm, 'acme', '')).toBe(200);
    const { code } = await control(['reconcile'], { environment: operatorsOwn(site().world.environment()) });
    expect(code).toBe(0);
    expect(await call(realm, 'acme', '')).toBe(403);
  });

  it('let nobody in by a mask that the original left, after reconcile', async () => {
    const { caller, bin } = site().world;
    const { id, realm } = trunkOf(await caller.post('/v1/trunks', createIpTrunk(freshId())));
    const left = JSON.stringify(['203.0.113.7', '203.0.113.7/', '203.0.113.7/\u00a024', '203.0.113.7/abc']);
    for (const table of ['registrar_trunks', 'registrar_sip_auths'])
      await bin.run(`UPDATE ${table} SET allowed_ips = ? WHERE id = ?`, [left, uuidToBinary(id)]);
    const phone = await site().phone();
    expect((await phone.invite('anybody', realm)).status).toBe(200);
    await control(['reconcile'], { environment: operatorsOwn(site().world.environment()) });
    expect((await phone.invite('anybody', realm)).status).toBe(407);
  });
});

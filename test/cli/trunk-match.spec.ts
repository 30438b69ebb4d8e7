import { createExtension } from '../factories/extension.factory';
import { createIpTrunk, createTrunk } from '../factories/trunk.factory';
import { uuidToBinary, type Parameter } from '../support/database';
import { extensionOf, trunkOf, type TrunkData } from '../support/envelope';
import { withWorld } from '../support/with-world';
import { BASE_DOMAIN_TRUNK, freshDomain, freshId } from '../support/world';
import { control, onTerminal, operatorsOwn, type Ended } from './control';

interface Reply {
  readonly realm: string | null;
  readonly matches: readonly Record<string, unknown>[];
  readonly reason: string | null;
  readonly advice: string | null;
}

describe('trunk match', () => {
  const world = withWorld();
  const environment = (): Record<string, string> => operatorsOwn(world().environment());
  const run = (...args: string[]): Promise<Ended> =>
    control(['trunk', 'match', ...args], { environment: environment() });
  const match = async (...args: string[]): Promise<{ code: number | null; reply: Reply; stderr: string }> => {
    const { code, stdout, stderr } = await run(...args);
    return { code, stderr, reply: JSON.parse(stdout) as Reply };
  };
  const byIp = async (...allowed_ips: string[]): Promise<TrunkData> =>
    trunkOf(await world().caller.post('/v1/trunks', createIpTrunk(freshId(), { allowed_ips })));
  const byPassword = async (): Promise<TrunkData> =>
    trunkOf(await world().caller.post('/v1/trunks', createTrunk(freshId())));
  const storeRow = (id: string, column: string, value: Parameter): Promise<void> =>
    world().bin.run(`UPDATE registrar_sip_auths SET ${column} = ? WHERE id = ?`, [value, uuidToBinary(id)]);
  const copyRow = (id: string, to: string): Promise<void> =>
    world().bin.run(
      `INSERT INTO registrar_sip_auths (id, reference_type, auth_types, realm, username, password, allowed_ips)
       SELECT ?, reference_type, auth_types, realm, username, password, allowed_ips FROM registrar_sip_auths WHERE id = ?`,
      [uuidToBinary(to), uuidToBinary(id)],
    );

  it('names the trunk and the entry that let the source in, by domain name and by realm', async () => {
    const trunk = await byIp('198.51.100.0/24', '203.0.113.0/24', '203.0.113.7');
    for (const domain of [trunk.domain_name, trunk.domain_name.toUpperCase(), trunk.realm]) {
      const { code, reply } = await match('--source', '203.0.113.7', '--domain', domain);
      expect(code).toBe(0);
      expect(reply).toMatchObject({ reason: null, advice: null, is_whole: true });
      expect(reply.matches).toEqual([
        {
          ...{ id: trunk.id, kind: 'trunk', customer_id: trunk.customer_id, domain_name: trunk.domain_name },
          ...{ name: trunk.name, realm: trunk.realm, by: 'ip', entry: '203.0.113.0/24', username: null },
          ...{ takes: true, shadowed_by: null, differing: [], advice: null },
        },
      ]);
    }
  });

  it('names the trunk that a user name gets in by, in any letter case', async () => {
    const { id, domain_name: domain } = await byPassword();
    const { code, reply } = await match('--source', '203.0.113.7', '--domain', domain, '--username', 'ACME');
    expect(code).toBe(0);
    expect(reply.matches).toMatchObject([{ id, by: 'digest', username: 'acme', entry: null, takes: true }]);
  });

  it('says why no trunk takes the call, and what to type', async () => {
    const ip = await byIp('203.0.113.7');
    const password = await byPassword();
    const cases: [string[], RegExp, string][] = [
      [
        ['--domain', ip.domain_name],
        /none of the 1 allowed_ips/,
        `trunk update --id ${ip.id} --allowed-ips 203.0.113.7,192.0.2.9`,
      ],
      [['--domain', password.domain_name], /give --username/, `trunk update --id ${password.id}`],
      [
        ['--domain', password.domain_name, '--username', 'bob'],
        /no digest account/,
        '--username NAME --generate-password',
      ],
      [['--domain', 'nowhere'], /no trunk has the realm nowhere/, 'trunk create --customer-id ID --domain nowhere'],
      [
        ['--domain', `nowhere.${BASE_DOMAIN_TRUNK}`],
        new RegExp(`no trunk has the realm nowhere.${BASE_DOMAIN_TRUNK}$`),
        'trunk create --customer-id ID --domain nowhere --allowed-ips',
      ],
      [['--domain', `${ip.realm}.`], new RegExp(`no trunk has the realm ${ip.realm}\\.$`), '--domain NAME'],
      [[], /no trunk has the address/, 'trunk update --id ID --allowed-ips LIST'],
    ];
    for (const [args, reason, advice] of cases) {
      const { code, reply, stderr } = await match('--source', '192.0.2.9', ...args);
      expect([args, code, reply.matches]).toEqual([args, 1, []]);
      expect(reply.reason).toMatch(reason);
      expect(reply.advice).toContain(advice);
      expect(stderr).toContain('No trunk takes a call from 192.0.2.9');
    }
  });

  it('judges by the row, and names what differs from the record', async () => {
    const trunk = await byIp('203.0.113.7');
    await storeRow(trunk.id, 'allowed_ips', '["198.51.100.1/abc"]');
    const taken = await match('--source', '192.0.2.1', '--domain', trunk.domain_name);
    expect(taken.code).toBe(0);
    expect(taken.reply.matches).toMatchObject([
      { entry: '198.51.100.1/abc', differing: ['allowed_ips'], advice: 'registrar-control reconcile' },
    ]);
    await storeRow(trunk.id, 'allowed_ips', '[]');
    const refused = await match('--source', '203.0.113.7', '--domain', trunk.domain_name);
    expect([refused.code, refused.reply.advice]).toEqual([1, 'registrar-control reconcile']);
    await world().bin.run('DELETE FROM registrar_sip_auths WHERE id = ?', [uuidToBinary(trunk.id)]);
    for (const domain of [trunk.domain_name, trunk.realm]) {
      const lost = await match('--source', '203.0.113.7', '--domain', domain);
      expect(lost.reply.reason).toContain('has no row');
      expect(lost.reply.advice).toBe('registrar-control reconcile');
    }
  });

  it('asks for a password where the record has none, and only where a password would help', async () => {
    const { id, domain_name: domain } = trunkOf(
      await world().caller.post(
        '/v1/trunks',
        createTrunk(freshId(), { auth_types: ['basic', 'ip'], allowed_ips: ['203.0.113.7'] }),
      ),
    );
    await world().bin.run("UPDATE registrar_trunks SET password = '' WHERE id = ?", [uuidToBinary(id)]);
    await world().bin.run('UPDATE registrar_sip_auths SET username = NULL, password = NULL WHERE id = ?', [
      uuidToBinary(id),
    ]);
    const taken = await match('--source', '203.0.113.7', '--domain', domain);
    expect(taken.reply.matches).toMatchObject([{ id, by: 'ip', differing: [], advice: null }]);
    const refused = await match('--source', '192.0.2.9', '--domain', domain, '--username', 'acme');
    expect(refused.reply.reason).toContain('no password');
    expect(refused.reply.advice).toBe(`registrar-control trunk update --id ${id} --generate-password`);
  });

  it('sends no control characters of a row to a terminal', async () => {
    const { id, domain_name: domain } = await byIp('203.0.113.7');
    const nasty = 'a\u001b[2Jb\nc\u009bd\u202e';
    await world().bin.run('UPDATE registrar_trunks SET name = ?, realm = ? WHERE id = ?', [
      nasty,
      `${domain}.${nasty}`,
      uuidToBinary(id),
    ]);
    await storeRow(id, 'realm', `${domain}.${nasty}`);
    await storeRow(id, 'allowed_ips', JSON.stringify([`203.0.113.7/24${nasty}`]));
    for (const source of ['203.0.113.7', '192.0.2.9']) {
      const args = ['--source', source, '--domain', domain, '--format', 'table'];
      const { stdout, stderr } = await run(...args);
      expect(stdout + stderr).toContain(id);
      // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(stdout + stderr).not.toMatch(/^c/m);
    }
  });

  it('names rows without a record, and rows in the shadow of another', async () => {
    const { id, realm, domain_name: domain } = await byIp('203.0.113.7');
    const [before, after] = [`00000000${freshId().slice(8)}`, `ffffffff${freshId().slice(8)}`];
    await copyRow(id, before);
    await copyRow(id, after);
    const { code, reply } = await match('--source', '203.0.113.7', '--domain', domain);
    expect(code).toBe(0);
    expect(reply.matches).toMatchObject([
      { id: before, takes: true, differing: ['record'], customer_id: null, advice: 'registrar-control reconcile' },
      { id, takes: false, shadowed_by: before, differing: [] },
      { id: after, takes: false, shadowed_by: before },
    ]);
    expect(reply.realm).toBe(realm);
  });

  it('names the trunks of every realm without a domain', async () => {
    const trunks = [await byIp('192.0.2.77'), await byIp('192.0.2.0/24'), await byIp('192.0.2.78')];
    const { code, reply } = await match('--source', '192.0.2.77');
    expect(code).toBe(0);
    const ids = reply.matches.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([trunks[0]?.id, trunks[1]?.id]));
    expect(ids).not.toContain(trunks[2]?.id);
    expect(reply.matches.every(({ takes }) => takes === true)).toBe(true);
  });

  it('finds a trunk from before the base domain changed', async () => {
    const trunk = await byIp('203.0.113.7');
    const realm = `${trunk.domain_name}.earlier.example.net`;
    await world().bin.run('UPDATE registrar_trunks SET realm = ? WHERE id = ?', [realm, uuidToBinary(trunk.id)]);
    await storeRow(trunk.id, 'realm', realm);
    const { reply } = await match('--source', '203.0.113.7', '--domain', trunk.domain_name);
    expect(reply).toMatchObject({ realm, matches: [{ id: trunk.id, differing: [] }] });
  });

  it('is no answer about an extension: its login is named, and no trunk takes the call', async () => {
    const { id, realm, username } = extensionOf(
      await world().caller.post('/v1/extensions', createExtension(freshId())),
    );
    const { code, reply } = await match('--source', '203.0.113.7', '--domain', realm, '--username', username);
    expect(code).toBe(1);
    expect(reply.matches).toMatchObject([{ id, kind: 'extension', by: 'digest' }]);
    expect(reply.advice).toBe(`registrar-control extension get --id ${id}`);
  });

  it('shows people lines, and no password', async () => {
    const { id, domain_name: domain, realm, password } = await byPassword();
    const shown = await onTerminal(
      ['trunk', 'match', '--source', '203.0.113.7', '--domain', domain, '--username', 'acme'],
      environment(),
      200,
    );
    expect(shown.code).toBe(0);
    expect(shown.screen).toMatch(/taken by.*by the password of acme/);
    expect(shown.screen).toContain(`trunk ${id} "pbx" (${realm})`);
    expect(shown.screen).not.toContain(password);
    const refused = await onTerminal(
      ['trunk', 'match', '--source', '192.0.2.9', '--domain', domain],
      environment(),
      200,
    );
    expect(refused.code).toBe(1);
    expect(refused.screen).toContain(
      `No trunk takes a call from 192.0.2.9 with the domain ${domain}.${BASE_DOMAIN_TRUNK}`,
    );
  });

  it('refuses what cannot be a source, a domain or a user name', async () => {
    const source = ['--source', '203.0.113.7'];
    const wrong: string[][] = [
      ['--source', '203.0.113.0/24'],
      ['--source', 'fe80::1%eth0'],
      ['--source', '::ffff:203.0.113.7'],
      ['--source', ' 203.0.113.7'],
      ['--source', ''],
      [...source, '--domain', "x'or'1"],
      [...source, '--username', 'acme'],
      [...source, '--domain', freshDomain(), '--username', 'a@b'],
      [],
    ];
    for (const args of wrong) expect([args, (await run(...args)).code]).toEqual([args, 2]);
  });
});

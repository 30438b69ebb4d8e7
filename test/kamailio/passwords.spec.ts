import fc from 'fast-check';
import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { eachRow } from '../support/each-row';
import { extensionOf, trunkOf, type Reply } from '../support/envelope';
import { withKamailio } from '../support/sip/with-kamailio';
import { freshId } from '../support/world';

interface Account {
  readonly id: string;
  readonly username: string;
  readonly realm: string;
}

/** What a user types is what lets in: Kamailio hashes the stored bytes. */
describe('a password at a real Kamailio', () => {
  const site = withKamailio();
  let extension: Account;
  let trunk: Account;

  beforeAll(async () => {
    const { caller } = site().world;
    extension = extensionOf(await caller.post('/v1/extensions', createExtension(freshId())));
    trunk = trunkOf(await caller.post('/v1/trunks', createTrunk(freshId())));
  });

  const setExtension = (password: string): Promise<Reply> =>
    site().world.caller.put(`/v1/extensions/${extension.id}`, { name: '', detail: '', password });
  const setTrunk = (password: string): Promise<Reply> => {
    const settings = { name: '', detail: '', auth_types: ['basic'], username: trunk.username, allowed_ips: [] };
    return site().world.caller.put(`/v1/trunks/${trunk.id}`, { ...settings, password });
  };
  const login = async ({ username, realm }: Account, password: string): Promise<number> =>
    (await (await site().phone()).invite(username, realm, { username, password })).status;

  /** Wrong in the smallest ways in which a program could spoil it. */
  const spoiled = (password: string): string[] =>
    [
      password.trim(),
      `${password} `,
      password.slice(0, -1),
      password.replace(/\\./g, ''),
      password.split(';')[0] ?? '',
      password.replace(/\^([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
      password.toLowerCase(),
    ].filter((text) => text !== password);

  const SPELLINGS = [
    ...['a;b', ';', 'a;', ';;a', 'a^b', '^', '^41', 'a^41b', '^^', '^3B', '^5E', 'a^4', '%41', 'a%3Bb', 'a,b', ','],
    ...['a"b', '"', '""', "a'b", "'", "''", 'a\\b', 'ab\\', '\\', "a'b\\c", '\\"', 'a b', ' ab', 'ab ', '  ab  '],
    ...['a:b', ':', '@', 'a@b', '<a>', '#=&', '$fd', '$$', '{s.tolower}', '`', '?', '*', '()', '[a]', '{"a":1}', '--'],
    ...['pässwörd', 'пароль', '密码', 'pa😀ss', 'e\u0301', '\u00a0a\u00a0', '\u200b', '\u3000a', 'ﬁ', 'ß'],
    ...['a'.repeat(80), 'ä'.repeat(80), '😀'.repeat(80), '0', 'null', 'undefined', 'true'],
  ];

  eachRow(SPELLINGS)('of an extension is the one that was typed', async (password) => {
    expect((await setExtension(password)).status_code).toBe(200);
    expect(await login(extension, password)).toBe(200);
    for (const wrong of spoiled(password)) expect([wrong, await login(extension, wrong)]).toEqual([wrong, 403]);
  });

  eachRow([...SPELLINGS, ' ', '   ', ';'.repeat(255), 'ä'.repeat(255)])(
    'of a trunk is the one that was typed',
    async (password) => {
      expect((await setTrunk(password)).status_code).toBe(200);
      expect(await login(trunk, password)).toBe(200);
      for (const wrong of spoiled(password)) expect([wrong, await login(trunk, wrong)]).toEqual([wrong, 403]);
    },
  );

  const nasty = fc.string({
    unit: fc.constantFrom(...Array.from(';^,"\'\\ :@%&=<>$#ä😀é\u00a0')),
    minLength: 1,
    maxLength: 26,
  });
  const password = fc.oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }), nasty);

  it('is the one that was typed, or is refused, whatever it is', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(password, async (text) => {
        for (const [account, set] of [
          [extension, setExtension],
          [trunk, setTrunk],
        ] as const) {
          const { status_code: status } = await set(text);
          expect([200, 400]).toContain(status);
          if (status !== 200) continue;
          taken += 1;
          expect(await login(account, text)).toBe(200);
          expect(await login(account, `${text}x`)).toBe(403);
        }
      }),
      { numRuns: 100 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});

import fc from 'fast-check';
import { createExtension } from '../factories/extension.factory';
import { passwordAsRead } from '../../src/asterisk/asterisk-password';
import { operatorsOwn, result } from '../cli/control';
import { extensionOf, type ExtensionData } from '../support/envelope';
import { withAsterisk } from '../support/sip/with-asterisk';
import { freshId } from '../support/world';

// The service's own runs are far apart, so that a row stays as the original wrote it.
const site = withAsterisk({ environment: { RECONCILE_INTERVAL_SECONDS: '3600' } });

const PASSWORDS = [
  'a;b',
  ';',
  ';lead',
  'a^b',
  '^',
  'a^41b',
  '^^3B;',
  '^5e^3b',
  'x,y',
  `it's`,
  '"quoted"',
  'a\\b',
  'trail\\',
  ' lead',
  'trail ',
  '  both  ',
  'in side',
  'pässwörd',
  'pa😀ss',
  '中文;^',
  '\u00a0no-break\u00a0',
  '%41%3B',
  '#comment',
  'a=b&c<d>',
  ':colon:',
  '0',
  'NULL',
  'x'.repeat(80),
  'ü'.repeat(80),
  `${';'.repeat(26)}ab`,
];

it.each(PASSWORDS)('lets in the phone on which somebody types %j', async (password) => {
  const created = await site().create({ password });
  expect(await site().register(created)).toBe(200);
  expect(await site().register(created, { password: `${password}x` })).toBe(401);
});

it.each(PASSWORDS)('lets it in after a change to %j, and no longer with the old one', async (password) => {
  const created = await site().create({ password: 'before-the-change' });
  const changed = await site().changePassword(created, password);
  expect(await site().register(changed)).toBe(200);
  expect(await site().register(changed, { password: 'before-the-change' })).toBe(401);
});

it.each([' ', '   ', ';'.repeat(27), '^'.repeat(27), 'tab\there', 'line\nend', '\u0000', '\u0007bell', 'x'.repeat(81)])(
  'refuses %j, which cannot be made to work',
  async (password) => {
    const reply = await site().world.caller.post('/v1/extensions', createExtension(freshId(), { password }));
    expect(reply.status_code).toBe(400);
    const created = await site().create();
    const change = await site().world.caller.put(`/v1/extensions/${created.id}`, { name: '', detail: '', password });
    expect(change.status_code).toBe(400);
    expect(await site().register(created)).toBe(200);
  },
);

describe('a row in which the original stored the password as it was typed', () => {
  const ENDS = ['a^', 'a^4', 'a^^', '^', '^B', 'a^3b', 'a^5eb', '^e4^bd^a0', 'a^3bb;', '^C3^A4', 'a^4^41', 'a^é^41'];
  const typed = [...PASSWORDS, ...ENDS];
  const logins: ExtensionData[] = [];

  beforeAll(async () => {
    for (const password of typed) {
      const login = await site().create({ password });
      await site().world.asterisk.run('UPDATE ps_auths SET password = ? WHERE id = ?', [password, login.auth_id]);
      logins.push(login);
    }
  });

  it('is right for Asterisk where reconcile finds no difference', async () => {
    for (const login of logins) {
      const stored = passwordAsRead(login.password);
      const isIn = (await site().register(login)) === 200;
      if (stored === login.password) expect([login.password, isIn]).toEqual([login.password, true]);
    }
  });

  it('lets the phone in after reconcile', async () => {
    await result(['reconcile', '--from-start'], { environment: operatorsOwn(site().world.environment()) });
    for (const login of logins) {
      const status = await site().register(login);
      expect([login.password, status]).toEqual([login.password, 200]);
    }
  });
});

/** Characters that some layer on the way gives a meaning, and some others. */
const TROUBLE = `;^^^ ,"'\\%#:=&<>@/?[]{}|~\`$!*()-_+.`.split('');
const character = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TROUBLE) },
  { weight: 2, arbitrary: fc.constantFrom(...'0123456789abcdefABCDEF'.split('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
);

it('lets in whatever it accepts, and accepts or refuses with a reason (random passwords)', async () => {
  const created = await site().create();
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(character, { minLength: 1, maxLength: 82 }), async (characters) => {
      const password = characters.join('');
      const reply = await site().world.caller.put(`/v1/extensions/${created.id}`, { name: '', detail: '', password });
      expect([200, 400]).toContain(reply.status_code);
      if (reply.status_code === 400) return;
      accepted += 1;
      expect(await site().register({ ...extensionOf(reply), password })).toBe(200);
      await site().hangUp();
    }),
    { numRuns: 300 },
  );
  expect(accepted).toBeGreaterThan(100);
}, 120_000);

it('takes the user name of the digest as it is stored', async () => {
  const created = await site().create({ extension: 'u~!*-' });
  expect(await site().register(created, { username: 'U~!*-' })).toBe(401);
  expect(await site().register(created)).toBe(200);
});

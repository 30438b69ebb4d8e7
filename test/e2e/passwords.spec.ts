import { createExtension } from '../factories/extension.factory';
import { extensionOf } from '../support/envelope';
import { extensionRows } from '../support/rows';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

/** What Asterisk's ODBC layer does with a text value on its way in. */
function asAsteriskReads(stored: string): string {
  const [first = ''] = stored.split(';');
  return first
    .replace(/^ +| +$/g, '')
    .replace(/\^([0-9A-Fa-f]{2})/g, (_match, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

const passwords = [
  'a;b',
  ';',
  'a^b',
  'a^41b',
  '^',
  '^^3B;',
  ' lead',
  'trail ',
  '  both  ',
  'x,y',
  'in side',
  'pässwörd',
  '中文;^',
  "it's",
  'a\\b"c',
  '%41',
  '#',
];

describe('passwords that Asterisk would mangle', () => {
  const world = withWorld();

  it.each(passwords)('%j reaches Asterisk as typed and Kamailio as plain text', async (password) => {
    const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId(), { password })));
    const rows = await extensionRows(world(), created.id, created.endpoint_id);
    expect(asAsteriskReads(String(rows.auth?.['password']))).toBe(password);
    expect(created.password).toBe(password);
    expect(rows.record?.['password']).toBe(password);
    expect(rows.sipAuth?.['password']).toBe(password);
  });

  it.each(passwords)('%j after a change likewise', async (password) => {
    const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId())));
    const changed = await world().caller.put(`/v1/extensions/${created.id}`, { name: '', detail: '', password });
    expect(extensionOf(changed).password).toBe(password);
    const rows = await extensionRows(world(), created.id, created.endpoint_id);
    expect(asAsteriskReads(String(rows.auth?.['password']))).toBe(password);
    expect(rows.sipAuth?.['password']).toBe(password);
  });

  it('refuses one of blanks alone, for which Asterisk answers every REGISTER with 500', async () => {
    const refused = await world().caller.post('/v1/extensions', createExtension(freshId(), { password: '  ' }));
    expect(refused.status_code).toBe(400);
  });

  it('writes the two characters that would break as asterisk reads them back', async () => {
    const created = extensionOf(
      await world().caller.post('/v1/extensions', createExtension(freshId(), { password: 'a;b^c' })),
    );
    const rows = await extensionRows(world(), created.id, created.endpoint_id);
    expect(rows.auth?.['password']).toBe('a^3Bb^5Ec');
  });
});

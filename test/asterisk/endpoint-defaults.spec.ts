import { operatorsOwn, result } from '../cli/control';
import type { ExtensionData } from '../support/envelope';
import { settingsFor, withAsterisk } from '../support/sip/with-asterisk';
import { freshId } from '../support/world';

const DEFAULTS =
  'context=phones; disallow=all; allow=alaw,ulaw; rewrite_contact=yes; force_rport=no; 100rel=no; callerid=Desk <1>; accountcode=a^z  b,c=d; ' +
  'max_contacts=1; qualify_frequency=30; remove_unavailable=yes; ps_aors.mailboxes=7@main';
const site = withAsterisk({ environment: { ASTERISK_ENDPOINT_DEFAULTS: DEFAULTS } });

/** What Asterisk's console says of an object, by parameter. */
async function shown(kind: 'endpoint' | 'aor', id: string): Promise<Record<string, string>> {
  const lines = (await site().asterisk.cli(`pjsip show ${kind} ${id}`)).split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^ ([\w]+)\s+: (.*?)\s*$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

async function expectDefaults({ endpoint_id: id }: ExtensionData): Promise<void> {
  expect(await shown('endpoint', id)).toMatchObject({
    ...{ context: 'phones', allow: '(alaw|ulaw)', rewrite_contact: 'true', force_rport: 'false', '100rel': 'no' },
    ...{ callerid: '"Desk" <1>', accountcode: 'a^z  b,c=d' },
  });
  expect(await shown('aor', id)).toMatchObject({
    ...{ max_contacts: '1', remove_existing: 'true', qualify_frequency: '30', remove_unavailable: 'true' },
    ...{ mailboxes: '7@main' },
  });
}

describe('ASTERISK_ENDPOINT_DEFAULTS, as Asterisk reads the rows', () => {
  it('are those of an extension that a caller creates, and its phone gets in', async () => {
    const created = await site().create();
    await expectDefaults(created);
    expect(await site().register(created)).toBe(200);
    expect(await site().register(created, { password: 'wrong' })).toBe(401);
  });

  it('let the second phone take the place of the first where an AOR takes one', async () => {
    const created = await site().create();
    for (const userAgent of ['first', 'second']) {
      const phone = await site().phone();
      expect((await phone.register({ ...settingsFor(created), userAgent })).status).toBe(200);
    }
    expect((await site().contactsOf(created)).map((contact) => contact.user_agent)).toEqual(['second']);
  });

  it('are those of an extension that registrar-control creates, and of a row that it repairs', async () => {
    const operator = { environment: operatorsOwn(site().world.environment()) };
    const words = [
      'extension',
      'create',
      '--customer-id',
      freshId(),
      '--extension-number',
      '41',
      '--password',
      'first-1',
    ];
    const created = await result<ExtensionData>([...words, '--show-password', '--format', 'json'], operator);
    await expectDefaults(created);
    await site().world.asterisk.run('DELETE FROM ps_endpoints WHERE id = ?', [created.endpoint_id]);
    await site().world.asterisk.run('DELETE FROM ps_aors WHERE id = ?', [created.endpoint_id]);
    expect(await site().register(created)).toBe(401);
    await result(['reconcile', '--format', 'json'], operator);
    await expectDefaults(created);
    expect(await site().register(created)).toBe(200);
  });

  it('are not those of a row that an operator has changed', async () => {
    const created = await site().create();
    await site().world.asterisk.run("UPDATE ps_endpoints SET context = 'own' WHERE id = ?", [created.endpoint_id]);
    const changed = await site().changePassword(created, 'n3w-pass');
    expect(await shown('endpoint', created.endpoint_id)).toMatchObject({ context: 'own', allow: '(alaw|ulaw)' });
    expect(await site().register(changed)).toBe(200);
  });
});

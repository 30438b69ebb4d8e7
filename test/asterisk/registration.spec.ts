import { onTerminal, operatorsOwn } from '../cli/control';
import { settingsFor, withAsterisk, type ListedContact } from '../support/sip/with-asterisk';

const site = withAsterisk();
const portOf = (uri: string): number => Number(uri.split(':').at(-1));

it('challenges a phone, lets it in, lists it with the values of Asterisk, and lets it out', async () => {
  const created = await site().create();
  const phone = await site().phone();
  const address = `sip:2001@${created.realm}`;
  const request = { method: 'REGISTER', uri: `sip:${created.realm}`, from: address, to: address } as const;
  expect((await phone.ask(request)).status).toBe(401);
  const before = Math.floor(Date.now() / 1_000);
  expect((await phone.register({ ...settingsFor(created), expires: 120 })).status).toBe(200);

  const [listed, ...others] = await site().contactsOf(created);
  expect(others).toEqual([]);
  const row = await site().world.asterisk.row('SELECT * FROM ps_contacts WHERE endpoint = ?', [created.endpoint_id]);
  expect(listed).toMatchObject({
    id: row?.['id'],
    uri: `sip:2001@${phone.address}`,
    user_agent: 'test phone',
    endpoint: created.endpoint_id,
    via_addr: '127.0.0.1',
    via_port: portOf(phone.address),
    call_id: phone.callId,
    path: '',
    outbound_proxy: '',
    prune_on_boot: 'no',
    authenticate_qualify: 'no',
    qualify_timeout: 3,
  });
  expect(listed?.id).toMatch(new RegExp(`^2001@${created.realm}\\^3B@[0-9a-f]{32}$`));
  expect(Number(listed?.expiration_time) - before).toBeGreaterThanOrEqual(119);
  expect(Number(listed?.expiration_time) - before).toBeLessThanOrEqual(125);

  expect((await phone.register({ ...settingsFor(created), expires: 0 })).status).toBe(200);
  expect(await site().contactsOf(created)).toEqual([]);
});

it('lets three phones in on one extension, and a fourth in place of the one that ends soonest', async () => {
  const created = await site().create();
  const phones = await Promise.all(
    [300, 60, 200, 100].map(async (expires) => ({ phone: await site().phone(), expires })),
  );
  const registered = async (): Promise<number[]> =>
    (await site().contactsOf(created)).map(({ uri }) => portOf(uri)).toSorted();
  const portsOf = (...indices: number[]): number[] =>
    indices.map((index) => portOf(phones[index]?.phone.address ?? '')).toSorted();
  for (const { phone, expires } of phones.slice(0, 3))
    expect((await phone.register({ ...settingsFor(created), expires })).status).toBe(200);
  expect(await registered()).toEqual(portsOf(0, 1, 2));
  const [, , , fourth] = phones;
  expect((await fourth?.phone.register({ ...settingsFor(created), expires: 100 }))?.status).toBe(200);
  expect(await registered()).toEqual(portsOf(0, 2, 3));
});

it('keeps two customers with the same number apart', async () => {
  const [ours, theirs] = await Promise.all([
    site().create({ password: 'ours-only' }),
    site().create({ password: 'theirs-only' }),
  ]);
  expect(await site().register(ours, { password: theirs.password })).toBe(401);
  expect(await site().register(theirs, { password: ours.password })).toBe(401);
  expect(await site().register(ours)).toBe(200);
  expect(await site().contactsOf(ours)).toHaveLength(1);
  expect(await site().contactsOf(theirs)).toEqual([]);
});

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const ALLOWED = [`${LETTERS}0123456789_.+*`, `~!-${LETTERS.toUpperCase()}`, 'u.s_e+r', 'u~!*-', '-', '+4930123', '*98'];

it.each(ALLOWED)('lets the extension %s in and lists it', async (extension) => {
  const created = await site().create({ extension });
  expect(await site().register(created)).toBe(200);
  expect(await site().contactsOf(created)).toHaveLength(1);
});

it('lists a phone that only refreshes, without any event, as long as it is registered', async () => {
  const LIFETIME = 3;
  const created = await site().create();
  // Asterisk makes a shorter registration as long as this.
  await site().world.asterisk.run('UPDATE ps_aors SET minimum_expiration = 1 WHERE id = ?', [created.endpoint_id]);
  const phone = await site().phone();
  const { customer_id, extension } = created;
  const listed = async (): Promise<readonly ListedContact[]> =>
    (await site().world.caller.get('/v1/contacts', { customer_id, extension })).data as ListedContact[];
  const until = Date.now() + 3 * LIFETIME * 1_000;
  while (Date.now() < until) {
    const endsAt = Date.now() / 1_000 + LIFETIME;
    expect((await phone.register({ ...settingsFor(created), expires: LIFETIME })).status).toBe(200);
    for (let reads = 0; reads < 3; reads += 1) {
      // A list from before the refresh says that the registration has ended, and callers leave the phone out.
      const leastEnd = Math.min(Date.now() / 1_000, endsAt) - 1;
      const [contact, ...others] = await listed();
      expect(others).toEqual([]);
      expect(contact?.expiration_time).toBeGreaterThanOrEqual(leastEnd);
      expect(contact?.expiration_time).toBeLessThanOrEqual(Date.now() / 1_000 + LIFETIME + 1);
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
  }
});

it('passes a contact on as Asterisk stores it, and shows it decoded to people', async () => {
  const created = await site().create();
  const phone = await site().phone();
  const contact = `sip:2001@${phone.address};transport=udp;x=y`;
  const userAgent = 'Softphone/4.6 (x; y) ^5.1^';
  expect((await phone.register({ ...settingsFor(created), contact, userAgent })).status).toBe(200);
  const [listed] = await site().contactsOf(created);
  expect(listed?.uri).toBe(contact.replaceAll(';', '^3B'));
  expect(listed?.user_agent).toBe('Softphone/4.6 (x^3B y) ^5E5.1^5E');

  const words = ['contact', 'list', '--customer-id', created.customer_id, '--extension-number', '2001'];
  const shown = async (): Promise<string> =>
    (await onTerminal(words, operatorsOwn(site().world.environment()), 200)).screen;
  const screen = await shown();
  expect(screen).toContain(contact);
  expect(screen).toContain(userAgent);

  // People read lower case decoded too. Asterisk does not write it, and does not decode it.
  const lower =
    "UPDATE ps_contacts SET uri = REPLACE(uri, '^3B', '^3b'), user_agent = REPLACE(user_agent, '^5E', '^5e')";
  await site().world.asterisk.run(`${lower} WHERE endpoint = ?`, [created.endpoint_id]);
  expect(await site().asterisk.cli(`pjsip show aor ${created.aor_id}`)).toContain(contact.replaceAll(';', '^3b'));
  const [changed] = await site().contactsOf(created);
  expect(changed).toMatchObject({
    uri: contact.replaceAll(';', '^3b'),
    user_agent: 'Softphone/4.6 (x^3B y) ^5e5.1^5e',
  });
  const after = await shown();
  expect(after).toContain(contact);
  expect(after).toContain(userAgent);
});

it('lets in a number of 40 characters, the longest', async () => {
  const created = await site().create({ extension: '7'.repeat(40) });
  expect(await site().register(created)).toBe(200);
});

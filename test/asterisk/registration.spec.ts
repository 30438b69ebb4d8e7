import { onTerminal, operatorsOwn } from '../cli/control';
import { settingsFor, withAsterisk } from '../support/sip/with-asterisk';

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
  const created = await site().create();
  const phone = await site().phone();
  const { customer_id, extension } = created;
  const listed = async (): Promise<unknown[]> =>
    (await site().world.caller.get('/v1/contacts', { customer_id, extension })).data as unknown[];
  const until = Date.now() + 6_000;
  const seen: number[] = [];
  while (Date.now() < until) {
    // Asterisk lets it in for two seconds, and the list is read before and after each refresh.
    expect((await phone.register({ ...settingsFor(created), expires: 2 })).status).toBe(200);
    for (let reads = 0; reads < 3; reads += 1) {
      seen.push((await listed()).length);
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
  }
  expect(seen.every((count) => count === 1)).toBe(true);
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
  const { screen } = await onTerminal(words, operatorsOwn(site().world.environment()), 200);
  expect(screen).toContain(contact);
  expect(screen).toContain(userAgent);
});

it('lets in a number of 40 characters, the longest', async () => {
  const created = await site().create({ extension: '7'.repeat(40) });
  expect(await site().register(created)).toBe(200);
});

import { createExtension } from '../factories/extension.factory';
import { extensionOf, type ExtensionData } from '../support/envelope';
import { withAsterisk } from '../support/sip/with-asterisk';
import { freshId } from '../support/world';

describe('a phone at a real Asterisk', () => {
  const site = withAsterisk();

  const create = async (changes: Parameters<typeof createExtension>[1] = {}): Promise<ExtensionData> =>
    extensionOf(await site().world.caller.post('/v1/extensions', createExtension(freshId(), changes)));

  const contactsOf = async ({ customer_id, extension }: ExtensionData): Promise<Record<string, unknown>[]> => {
    await site().world.caller.put('/v1/contacts', { customer_id, extension });
    const reply = await site().world.caller.get('/v1/contacts', { customer_id, extension });
    return reply.data as Record<string, unknown>[];
  };

  it('is challenged, registers, is listed with the values of Asterisk, and unregisters', async () => {
    const created = await create();
    const phone = await site().phone();
    const registration = {
      user: '2001',
      domain: created.realm,
      username: created.username,
      password: created.password,
    };
    const address = `sip:2001@${created.realm}`;
    const request = { method: 'REGISTER', uri: `sip:${created.realm}`, from: address, to: address } as const;
    expect((await phone.ask(request)).status).toBe(401);
    const before = Math.floor(Date.now() / 1_000);
    expect((await phone.register({ ...registration, expires: 120 })).status).toBe(200);

    const [listed, ...others] = await contactsOf(created);
    expect(others).toEqual([]);
    const row = await site().world.asterisk.row('SELECT * FROM ps_contacts WHERE endpoint = ?', [created.endpoint_id]);
    expect(listed).toMatchObject({
      id: row?.['id'],
      uri: `sip:2001@${phone.address}`,
      user_agent: 'test phone',
      endpoint: created.endpoint_id,
      via_addr: '127.0.0.1',
      via_port: Number(phone.address.split(':')[1]),
      call_id: phone.callId,
      path: '',
      outbound_proxy: '',
      prune_on_boot: 'no',
      authenticate_qualify: 'no',
      qualify_timeout: 3,
    });
    expect(listed?.['id']).toMatch(new RegExp(`^2001@${created.realm}\\^3B@[0-9a-f]{32}$`));
    expect(Number(listed?.['expiration_time']) - before).toBeGreaterThanOrEqual(119);
    expect(Number(listed?.['expiration_time']) - before).toBeLessThanOrEqual(125);

    expect((await phone.register({ ...registration, expires: 0 })).status).toBe(200);
    expect(await contactsOf(created)).toEqual([]);
  });
});

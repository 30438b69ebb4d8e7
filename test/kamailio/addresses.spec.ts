import { createIpTrunk } from '../factories/trunk.factory';
import { uuidToBinary } from '../support/database';
import { eachRow } from '../support/each-row';
import { trunkOf, type TrunkData } from '../support/envelope';
import { withKamailio } from '../support/sip/with-kamailio';
import { freshDomain, freshId } from '../support/world';

/** Every address of 127.0.0.0/8 is a source of its own on one machine. */
describe('the source of a call at a real Kamailio', () => {
  const site = withKamailio();

  const trunk = async (allowed_ips: string[]): Promise<TrunkData> => {
    const reply = await site().world.caller.post('/v1/trunks', createIpTrunk(freshId(), { allowed_ips }));
    expect([allowed_ips, reply.status_code]).toEqual([allowed_ips, 200]);
    return trunkOf(reply);
  };
  const callFrom = async (source: string, realm: string): Promise<number> =>
    (await (await site().phone(source)).invite('anybody', realm)).status;
  const change = (id: string, changes: object): Promise<unknown> =>
    site().world.caller.put(`/v1/trunks/${id}`, { name: '', detail: '', username: '', password: '', ...changes });
  const store = (id: string, allowedIps: string): Promise<void> =>
    site().world.bin.run('UPDATE registrar_sip_auths SET allowed_ips = ? WHERE id = ?', [allowedIps, uuidToBinary(id)]);

  eachRow([
    ['127.0.0.7', '127.0.0.7', '127.0.0.8'],
    ['127.0.0.7/32', '127.0.0.7', '127.0.0.6'],
    ['127.1.2.0/24', '127.1.2.255', '127.1.3.0'],
    ['127.1.2.0/25', '127.1.2.127', '127.1.2.128'],
    ['127.1.2.4/30', '127.1.2.7', '127.1.2.8'],
    ['127.1.2.4/31', '127.1.2.5', '127.1.2.6'],
    ['127.128.0.0/9', '127.200.1.2', '127.127.255.254'],
    ['64.0.0.0/2', '127.0.0.1', undefined],
  ])('is let in when an entry holds it, and not beside it', async (net, inside, outside) => {
    const { realm } = await trunk(['203.0.113.7', net, '2001:db8::/32']);
    expect(await callFrom(inside, realm)).toBe(200);
    if (outside !== undefined) expect(await callFrom(outside, realm)).toBe(407);
  });

  it('counts in the realm of its trunk only', async () => {
    const { realm } = await trunk(['127.0.0.9']);
    const other = await trunk(['127.0.0.10']);
    expect(await callFrom('127.0.0.9', realm)).toBe(200);
    expect(await callFrom('127.0.0.9', other.realm)).toBe(407);
    expect(await callFrom('127.0.0.9', `${freshDomain()}.example.org`)).toBe(407);
    expect(await callFrom('127.0.0.9', realm.toUpperCase())).toBe(200);
  });

  it('is let in or refused at once after a change', async () => {
    const { id, realm } = await trunk(['127.0.0.9']);
    await change(id, { auth_types: ['ip'], allowed_ips: ['127.0.0.10'] });
    expect([await callFrom('127.0.0.9', realm), await callFrom('127.0.0.10', realm)]).toEqual([407, 200]);
    await change(id, { auth_types: [], allowed_ips: ['127.0.0.10'] });
    expect(await callFrom('127.0.0.10', realm)).toBe(407);
    await change(id, { auth_types: ['ip'], allowed_ips: ['127.0.0.10'] });
    expect(await callFrom('127.0.0.10', realm)).toBe(200);
    await site().world.caller.delete(`/v1/trunks/${id}`);
    expect(await callFrom('127.0.0.10', realm)).toBe(407);
  });

  it('is found as the last of the 90 entries that a trunk may have', async () => {
    const others = Array.from({ length: 89 }, (_, n) => `203.0.113.${n}`);
    const { realm } = await trunk([...others, '127.0.0.11']);
    expect(await callFrom('127.0.0.11', realm)).toBe(200);
  });

  it('is found among the first 1,000 entries of a row of the original, and not behind them', async () => {
    const { id, realm } = await trunk(['203.0.113.7']);
    const entries = (before: number): string =>
      JSON.stringify([...Array.from({ length: before }, (_, n) => `203.0.${n >> 8}.${n & 255}`), '127.0.0.12']);
    await store(id, entries(999));
    expect(await callFrom('127.0.0.12', realm)).toBe(200);
    await store(id, entries(1_000));
    expect(await callFrom('127.0.0.12', realm)).toBe(407);
  });

  eachRow(['203.0.113.7/', '203.0.113.7/abc', '203.0.113.7/\u00a024', '203.0.113.7/4294967296', '1.2.3.4/0x18'])(
    'is let in from everywhere by such an entry of the original, and by none after a change of the trunk',
    async (entry) => {
      const { id, realm } = await trunk(['203.0.113.7']);
      await store(id, JSON.stringify([entry]));
      await site().world.bin.run('UPDATE registrar_trunks SET allowed_ips = ? WHERE id = ?', [
        JSON.stringify([entry]),
        uuidToBinary(id),
      ]);
      expect(await callFrom('127.0.0.1', realm)).toBe(200);
      expect(
        (await site().world.caller.put(`/v1/trunks/${id}`, { auth_types: ['ip'], allowed_ips: [entry] })).status_code,
      ).toBe(400);
      await change(id, { auth_types: ['ip'], allowed_ips: ['203.0.113.7'] });
      expect(await callFrom('127.0.0.1', realm)).toBe(407);
    },
  );
});

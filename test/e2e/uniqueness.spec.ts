import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { REQUEST_QUEUE } from '../support/caller';
import { eventually } from '../support/conditions';
import { uuidToBinary } from '../support/database';
import { errorOf, extensionOf, trunkOf, type Reply } from '../support/envelope';
import { extensionRows, traces } from '../support/rows';
import { withWorld } from '../support/with-world';
import { freshDomain, freshId } from '../support/world';

const AT_ONCE = 20;

describe('over two replicas', () => {
  const world = withWorld({ replicas: 2 });

  beforeAll(async () => {
    await eventually('two consumers', async () => (await world().caller.queueState(REQUEST_QUEUE)).consumers === 2);
  });

  const race = (send: (index: number) => Promise<Reply>): Promise<Reply[]> =>
    Promise.all(Array.from({ length: AT_ONCE }, (_, index) => send(index)));
  const split = (replies: Reply[]): { won: Reply[]; lost: Reply[] } => ({
    won: replies.filter((reply) => reply.status_code === 200),
    lost: replies.filter((reply) => reply.status_code === 409),
  });

  it(`of ${AT_ONCE} identical extensions one is made, whole, and ${AT_ONCE - 1} are refused`, async () => {
    const customerId = freshId();
    const { won, lost } = split(
      await race((index) =>
        world().caller.post('/v1/extensions', createExtension(customerId, { password: `password ${index}` })),
      ),
    );
    expect([won.length, lost.length]).toEqual([1, AT_ONCE - 1]);
    for (const reply of lost) expect(errorOf(reply).reason).toBe('EXTENSION_ALREADY_EXISTS');
    const winner = extensionOf(won[0]!);
    expect(await traces(world(), customerId)).toEqual({
      registrar_extensions: 1,
      registrar_trunks: 0,
      registrar_sip_auths: 1,
      ps_aors: 1,
      ps_auths: 1,
      ps_endpoints: 1,
    });
    const rows = await extensionRows(world(), winner.id, winner.endpoint_id);
    for (const row of [rows.record, rows.auth, rows.sipAuth]) expect(row?.['password']).toBe(winner.password);
    await eventually('no direct hash but the winner’s', () => world().direct.directsOf(customerId).length === 1);
    expect(world().direct.directsOf(customerId)[0]?.id).toBe(winner.direct_id);
    await world().events.untilSeen(customerId, 'extension_created');
    expect(world().events.of(customerId)).toHaveLength(1);
  });

  it(`of ${AT_ONCE} trunks of one domain name, each of another customer, one is made`, async () => {
    const domain_name = freshDomain();
    const customers = Array.from({ length: AT_ONCE }, () => freshId());
    const { won, lost } = split(
      await race((index) => world().caller.post('/v1/trunks', createTrunk(customers[index]!, { domain_name }))),
    );
    expect([won.length, lost.length]).toEqual([1, AT_ONCE - 1]);
    for (const reply of lost) expect(errorOf(reply).reason).toBe('TRUNK_ALREADY_EXISTS');
    expect(await world().bin.count('registrar_trunks', 'domain_name = ?', [domain_name])).toBe(1);
    const winner = trunkOf(won[0]!);
    expect(await world().bin.count('registrar_sip_auths', 'realm = ?', [winner.realm])).toBe(1);
    await world().events.untilSeen(winner.customer_id, 'trunk_created');
  });

  it('create, delete and create again at once end in whole logins only', async () => {
    const customerId = freshId();
    let current = extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    for (let round = 0; round < 5; round += 1) {
      const [deleted, ...created] = await Promise.all([
        world().caller.delete(`/v1/extensions/${current.id}`),
        ...Array.from({ length: 4 }, () => world().caller.post('/v1/extensions', createExtension(customerId))),
      ]);
      expect(deleted.status_code).toBe(200);
      const { won } = split(created);
      expect(won.length).toBeLessThanOrEqual(1);
      const alive = await world().bin.count('registrar_extensions', 'customer_id = ? AND tm_delete IS NULL', [
        uuidToBinary(customerId),
      ]);
      const { ps_aors, ps_auths, ps_endpoints, registrar_sip_auths } = await traces(world(), customerId);
      expect([ps_aors, ps_auths, ps_endpoints, registrar_sip_auths]).toEqual([alive, alive, alive, alive]);
      const next = won[0] ?? (await world().caller.post('/v1/extensions', createExtension(customerId)));
      current = extensionOf(next);
    }
  });
});

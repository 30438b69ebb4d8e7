import { createExtension } from '../factories/extension.factory';
import { eventually } from '../support/conditions';
import { errorOf, extensionOf } from '../support/envelope';
import { bodyless, silence } from '../support/peers';
import { NO_TRACES, traces } from '../support/rows';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

describe('direct-manager', () => {
  const world = withWorld();
  afterEach(() => world().direct.behaveAsUsual());

  it.each([
    ['fails', bodyless(500)],
    ['is silent', silence],
    ['answers rubbish', () => 'what?'],
  ])('%s: the create is refused in time and nothing is left', async (_what, behaviour) => {
    const customerId = freshId();
    world().direct.behaveFor(customerId, behaviour);
    const reply = await world().caller.post('/v1/extensions', createExtension(customerId));
    expect([500, 503]).toContain(reply.status_code);
    expect(errorOf(reply).domain).toBe('registrar-manager');
    expect(await traces(world(), customerId)).toEqual(NO_TRACES);
    expect(world().events.of(customerId)).toEqual([]);
    world().direct.behaveAsUsual();
    extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
  });

  it('answers with a typed error: passed on unchanged', async () => {
    const customerId = freshId();
    const data = { status: 'FAILED_PRECONDITION', reason: 'X', domain: 'direct-manager', message: 'no' };
    world().direct.behaveFor(customerId, () => ({ status_code: 409, data_type: 'voipbin_error', data }));
    const reply = await world().caller.post('/v1/extensions', createExtension(customerId));
    expect(reply.text).toBe(`{"status_code":409,"data_type":"voipbin_error","data":${JSON.stringify(data)}}`);
  });

  it.each([
    ['bin', 'registrar_extensions'],
    ['bin', 'registrar_sip_auths'],
    ['asterisk', 'ps_aors'],
    ['asterisk', 'ps_auths'],
    ['asterisk', 'ps_endpoints'],
  ] as const)('gets its direct back when the insert into %s.%s fails', async (database, table) => {
    const customerId = freshId();
    await world()[database].refuse('INSERT', table);
    try {
      const reply = await world().caller.post('/v1/extensions', createExtension(customerId));
      expect([500, 503]).toContain(reply.status_code);
      expect(errorOf(reply).domain).toBe('registrar-manager');
      expect(reply.text).not.toContain('refused by the test');
      expect(reply.text).not.toContain(table);
    } finally {
      await world()[database].allow('INSERT', table);
    }
    expect(await traces(world(), customerId)).toEqual(NO_TRACES);
    await eventually('the direct given back', () => world().direct.directsOf(customerId).length === 0);
    expect(
      world()
        .direct.requestsOf(customerId)
        .map((request) => request.method),
    ).toEqual(['POST', 'DELETE']);
    expect(world().events.of(customerId)).toEqual([]);
    extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
  });
});

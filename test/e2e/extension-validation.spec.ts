import { createExtension, type CreateExtension } from '../factories/extension.factory';
import { ZERO_UUID } from '../support/database';
import { errorOf, extensionOf } from '../support/envelope';
import { NO_TRACES, traces } from '../support/rows';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

const refused: [string, Partial<CreateExtension>][] = [
  ['an empty number', { extension: '' }],
  ['a number of 41 characters', { extension: 'x'.repeat(41) }],
  ...['a@b', 'a b', 'a,b', 'a;b', 'a/b', 'a?b', 'a#b', 'a:b', 'é', 'a\u0000', 'a\n', '%41', 'a"b'].map(
    (extension): [string, Partial<CreateExtension>] => [`the number ${JSON.stringify(extension)}`, { extension }],
  ),
  ['an empty password', { password: '' }],
  ['a password of 81 characters', { password: 'x'.repeat(81) }],
  ['a password with a control character', { password: 'a\u0007' }],
  ['a password that does not fit once encoded for Asterisk', { password: ';'.repeat(27) }],
  ['a name of 256 characters', { name: 'n'.repeat(256) }],
  ['a detail of 256 characters', { detail: 'd'.repeat(256) }],
];

describe('what is refused as a new extension', () => {
  const world = withWorld();

  it.each(refused)('%s: 400, typed, and nothing is left anywhere', async (_what, changes) => {
    const customerId = freshId();
    const reply = await world().caller.post('/v1/extensions', createExtension(customerId, changes));

    expect(reply.status_code).toBe(400);
    expect(errorOf(reply)).toMatchObject({ status: 'INVALID_ARGUMENT', domain: 'registrar-manager' });
    expect(await traces(world(), customerId)).toEqual(NO_TRACES);
    expect(world().direct.directsOf(customerId)).toEqual([]);
    expect(world().events.of(customerId)).toEqual([]);
  });

  it('the zero customer', async () => {
    for (const customer of [{ customer_id: ZERO_UUID }, { customer_id: null }, {}]) {
      const body = { extension: '2001', password: 'p', name: 'nobody', ...customer };
      const reply = await world().caller.post('/v1/extensions', body);
      expect(reply.status_code).toBe(400);
      expect(errorOf(reply).status).toBe('INVALID_ARGUMENT');
    }
    expect(await traces(world(), ZERO_UUID)).toEqual(NO_TRACES);
  });

  it('a refusal names the field and never its value', async () => {
    const password = `canary-${'x'.repeat(80)}`;
    const reply = await world().caller.post('/v1/extensions', createExtension(freshId(), { password }));
    expect(reply.text).toContain('password');
    expect(reply.text).not.toContain('canary');
  });

  it.each(['1', 'x'.repeat(40), 'u.s_e+r', 'a~!*-', '0042'])('accepts the number %s', async (extension) => {
    const customerId = freshId();
    const created = extensionOf(
      await world().caller.post('/v1/extensions', createExtension(customerId, { extension })),
    );
    expect(created.endpoint_id).toBe(`${extension}@${customerId}.registrar.example.org`);
  });

  it.each(['x', 'x'.repeat(80), 'pässwörd', 'a"b\\c', "it's", '日本語', 'sp ace'])(
    'accepts the password %s',
    async (password) => {
      const created = extensionOf(
        await world().caller.post('/v1/extensions', createExtension(freshId(), { password })),
      );
      expect(created.password).toBe(password);
    },
  );

  it('keeps a name that looks like a time as it is', async () => {
    const name = '2026-01-01 00:00:00';
    const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId(), { name })));
    expect(created.name).toBe(name);
    expect(extensionOf(await world().caller.get(`/v1/extensions/${created.id}`)).name).toBe(name);
  });
});

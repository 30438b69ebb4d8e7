import { createExtension } from '../factories/extension.factory';
import { extensionOf } from '../support/envelope';
import { withKamailio } from '../support/sip/with-kamailio';
import { freshId } from '../support/world';

describe('a call at a real Kamailio', () => {
  const site = withKamailio();

  it('is let in with the password of the extension, and refused with another one', async () => {
    const created = extensionOf(await site().world.caller.post('/v1/extensions', createExtension(freshId())));
    const phone = await site().phone();
    const call = (password: string) =>
      phone.invite(created.username, created.realm, { username: created.username, password });
    expect((await phone.invite(created.username, created.realm)).status).toBe(407);
    expect((await call(created.password)).status).toBe(200);
    expect((await call('wrong')).status).toBe(403);
  });
});

import { createExtension } from '../factories/extension.factory';
import { extensionOf } from '../support/envelope';
import { withAsterisk } from '../support/sip/with-asterisk';
import { freshId } from '../support/world';

const REPEATS = 5;

describe('a phone that registers several times within a second', () => {
  const site = withAsterisk();

  it('stays registered', async () => {
    const { caller } = site().world;
    const { realm: domain, ...created } = extensionOf(await caller.post('/v1/extensions', createExtension(freshId())));
    const { username, password, customer_id, extension } = created;
    const phone = await site().phone();
    for (let n = 0; n < REPEATS; n++) {
      expect((await phone.register({ user: extension, domain, username, password, expires: 120 })).status).toBe(200);
      await caller.put('/v1/contacts', { customer_id, extension });
      expect((await caller.get('/v1/contacts', { customer_id, extension })).data).toHaveLength(1);
    }
  });
});

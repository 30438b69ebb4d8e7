import { registeredContact } from '../factories/contact.factory';
import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { eventually } from '../support/conditions';
import { extensionOf, trunkOf } from '../support/envelope';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

/** Texts that some library between us and Redis, the database or the wire may take for more than texts. */
const TEXTS = [
  ...['_duplicate_v.password', '_duplicate_root', '_undefined_', '_date_2026-01-01T00:00:00.000Z', '_date_x'],
  ...['_bigint_1', '_bigint_x', '_function_x', '_function_x|() => 1', '_symbol_x', '_gsymbol_x', '_regexp_a|g'],
  ...['_NaN_', '_Infinity_', '_-Infinity_', '_error_', '_class_x', '__proto__', 'constructor', 'toJSON'],
  ...['$& $1 $`', '%s %d %j', '{{x}} ${x}', "'); DROP TABLE x; --", '\\', "\\'", '"', '?', ':id', ':...ids', '<a>&'],
  ...['😀 é ß', '\u2028\u2029', 'null', 'true', '1e3', '2026-01-01 00:00:00', '{"a":1}', '[]', ' outer ', '^41;'],
];

describe('free texts', () => {
  const world = withWorld();

  beforeAll(async () => {
    await eventually('the cache being trusted', async () => {
      const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId())));
      return (await world().redis.exists(`registrar:extension:${created.id}`)) === 1;
    });
  });

  it.each(TEXTS)('of extensions come back as they are, from the database and from the cache: %j', async (text) => {
    const request = createExtension(freshId(), { name: text, detail: text });
    const created = extensionOf(await world().caller.post('/v1/extensions', request));
    expect(created).toMatchObject({ name: text, detail: text });
    const key = `registrar:extension:${created.id}`;
    await world().redis.del(key, `registrar:customer_id_extension:${created.customer_id}:2001`);
    for (let time = 1; time <= 2; time++) {
      expect(extensionOf(await world().caller.get(`/v1/extensions/${created.id}`))).toEqual(created);
      const byNumber = await world().caller.get('/v1/extensions/extension/2001', { customer_id: created.customer_id });
      expect(extensionOf(byNumber)).toEqual(created);
      expect(await world().redis.exists(key)).toBe(1);
    }
    const changed = { name: `${text}2`, detail: text, password: 'changed-1' };
    expect(extensionOf(await world().caller.put(`/v1/extensions/${created.id}`, changed))).toMatchObject(changed);
    expect(extensionOf(await world().caller.get(`/v1/extensions/${created.id}`))).toMatchObject(changed);
  });

  it.each(TEXTS)('of trunks, the password among them, come back as they are: %j', async (text) => {
    // Without basic the user name is only kept.
    const password = text.replace(/[\u2028\u2029]/g, '');
    const settings = { name: text, detail: text, password, username: password, auth_types: [] };
    const created = trunkOf(await world().caller.post('/v1/trunks', createTrunk(freshId(), settings)));
    expect(created).toMatchObject(settings);
    await world().redis.del(`registrar:trunk:${created.id}`, `registrar:trunk_domain_name:${created.domain_name}`);
    for (let time = 1; time <= 2; time++) {
      expect(trunkOf(await world().caller.get(`/v1/trunks/${created.id}`))).toEqual(created);
      const byDomain = await world().caller.get(`/v1/trunks/domain_name/${created.domain_name}`);
      expect(trunkOf(byDomain)).toEqual(created);
    }
  });

  it('of contacts, which a phone chooses, come back as they are', async () => {
    const { customer_id: customerId } = extensionOf(
      await world().caller.post('/v1/extensions', createExtension(freshId())),
    );
    const stored = TEXTS.map((text, index) =>
      registeredContact(customerId, '2001', {
        id: `${customerId}-${String(index).padStart(2, '0')}`,
        ...{ uri: text, outbound_proxy: text, path: text, user_agent: text, reg_server: text, call_id: text },
        ...{ authenticate_qualify: 'no', via_addr: text.slice(0, 40) },
      }),
    );
    for (const contact of stored) await world().asterisk.insert('ps_contacts', contact);
    for (let time = 1; time <= 2; time++) {
      const { data } = await world().caller.get('/v1/contacts', { customer_id: customerId, extension: '2001' });
      const byId = (data as { id: string }[]).sort((a, b) => (a.id < b.id ? -1 : 1));
      expect(byId).toEqual(stored);
      expect(await world().redis.exists(`ast_contacts:${String(stored[0]?.['endpoint'])}`)).toBe(1);
    }
  });
});

import fc from 'fast-check';
import { sqlText } from '../../src/platform/database/sql-text';
import type { Finding } from '../../src/diagnosis/finding';
import { ContactsDto } from '../../src/contact/contact.dto';
import { ContactService } from '../../src/contact/contact.service';
import type { ExtensionReply } from '../../src/extension/extension.dto';
import { AsteriskDatabase } from '../../src/platform/database/source/databases';
import { sqlToRun } from '../../src/platform/database/schema/schema-report';
import { SchemaApplier } from '../../src/platform/database/schema/schema.service';
import { ReconcileService } from '../../src/reconcile/reconcile.service';
import { registeredContact } from '../factories/contact.factory';
import { storedLogin } from '../factories/stored-login.factory';
import { Application } from '../support/application';
import { CANARY_PASSWORD, codesOf, createLogin, faultsOf, follow } from '../support/diagnosed';
import { uuidToBinary, type Parameter } from '../support/database';

type Damage = (extension: ExtensionReply) => Promise<void>;
type DamageRow = readonly [code: string, damage: Damage];

let app: Application;
const get = <T>(type: abstract new (...parts: never[]) => T): T => app.module.get(type, { strict: false });
beforeAll(async () => {
  app = await Application.open();
});
afterAll(() => app.close());

const faults = (extension: ExtensionReply): Promise<Finding[]> => faultsOf(app.module, extension);
const codes = async (extension: ExtensionReply): Promise<string[]> => codesOf(await faults(extension));

const ofAsterisk =
  (sql: string, ...more: Parameter[]): Damage =>
  ({ endpoint_id: id }) =>
    app.asterisk.run(`${sql} WHERE id = ?`, [...more, id]);
const ofBin =
  (sql: string): Damage =>
  ({ id }) =>
    app.bin.run(`${sql} WHERE id = ?`, [uuidToBinary(id)]);

/** A registration of the extension. */
const registered =
  (changes: Record<string, Parameter>): Damage =>
  ({ customer_id: customerId, endpoint_id: address }) =>
    app.asterisk.insert('ps_contacts', registeredContact(customerId, '2001', { id: `${address}^3B@one`, ...changes }));

const BY_RECONCILE: readonly DamageRow[] = [
  ['endpoint_missing', ofAsterisk('DELETE FROM ps_endpoints')],
  ['auth_missing', ofAsterisk('DELETE FROM ps_auths')],
  ['aor_missing', ofAsterisk('DELETE FROM ps_aors')],
  ['endpoint_open', ofAsterisk('UPDATE ps_endpoints SET auth = NULL')],
  ['endpoint_auth', ofAsterisk("UPDATE ps_endpoints SET auth = 'x@y'")],
  ['endpoint_aors', ofAsterisk("UPDATE ps_endpoints SET aors = 'x@y'")],
  ['auth_password', ofAsterisk('UPDATE ps_auths SET password = ?', CANARY_PASSWORD)],
  ['auth_username', ofAsterisk("UPDATE ps_auths SET username = 'bob'")],
  ['auth_realm', ofAsterisk("UPDATE ps_auths SET realm = 'x'")],
  ['auth_type', ofAsterisk("UPDATE ps_auths SET auth_type = 'google_oauth'")],
  ['auth_digest', ofAsterisk("UPDATE ps_auths SET md5_cred = 'canary'")],
  ['auth_digest', ofAsterisk("UPDATE ps_auths SET password_digest = 'MD5:canary'")],
  ['account_missing', ofBin('DELETE FROM registrar_sip_auths')],
  ['account_password', ofBin("UPDATE registrar_sip_auths SET password = 'canary'")],
  ['account_password', ofBin('UPDATE registrar_sip_auths SET password = NULL')],
  ['account_username', ofBin("UPDATE registrar_sip_auths SET username = 'bob'")],
  ['account_realm', ofBin("UPDATE registrar_sip_auths SET realm = 'x'")],
  ['account_types', ofBin("UPDATE registrar_sip_auths SET auth_types = '[]'")],
  ['account_addresses', ofBin(`UPDATE registrar_sip_auths SET allowed_ips = '["203.0.113.7"]'`)],
];

/** What only the operator may change. */
const BY_SQL: readonly DamageRow[] = [
  ['max_contacts', ofAsterisk('UPDATE ps_aors SET max_contacts = 0')],
  ['max_contacts', ofAsterisk('UPDATE ps_aors SET max_contacts = NULL')],
  ['maximum_expiration', ofAsterisk('UPDATE ps_aors SET maximum_expiration = 0')],
  ['static_contact', ofAsterisk("UPDATE ps_aors SET contact = 'nonsense'")],
  ['denied', ofAsterisk("UPDATE ps_endpoints SET deny = '0.0.0.0/0'")],
  ['denied', ofAsterisk("UPDATE ps_endpoints SET contact_deny = '0.0.0.0/0.0.0.0'")],
  ['identify_by', ofAsterisk("UPDATE ps_endpoints SET identify_by = 'ip'")],
  ['set_var', ofAsterisk("UPDATE ps_endpoints SET set_var = 'canary'")],
  ['no_codec', ofAsterisk("UPDATE ps_endpoints SET disallow = 'all'")],
  ['no_md5', ofAsterisk("UPDATE ps_auths SET supported_algorithms_uas = 'SHA-256'")],
  ['nonce_lifetime', ofAsterisk('UPDATE ps_auths SET nonce_lifetime = -1')],
  ['contacts_ended', registered({ expiration_time: 1_700_000_000 })],
  ['contacts_elsewhere', registered({ endpoint: null })],
  ['contacts_elsewhere', registered({ endpoint: '2002@elsewhere' })],
];

it.each([
  ['reconcile', BY_RECONCILE],
  ['the SQL that it prints', BY_SQL],
])('names each damage, and %s heals it', async (_, rows) => {
  const extensions = await Promise.all(rows.map(() => createLogin(app)));
  expect(await Promise.all(extensions.map(codes))).toEqual(rows.map(() => []));
  await Promise.all(rows.map(([, damage], at) => damage(extensions[at] as ExtensionReply)));
  const found = await Promise.all(extensions.map(faults));
  expect(found.map(codesOf)).toEqual(rows.map(([code]) => [code]));
  await follow(app, found.flat());
  expect(await Promise.all(extensions.map(codes))).toEqual(rows.map(() => []));
});

it('names the place that is missing for a further phone, and the SQL makes more', async () => {
  const extension = await createLogin(app);
  await ofAsterisk("UPDATE ps_aors SET max_contacts = 1, remove_existing = 'no'")(extension);
  await registered({})(extension);
  const found = await faults(extension);
  expect(codesOf(found)).toEqual(['full']);
  await follow(app, found);
  expect(await codes(extension)).toEqual([]);
});

it('reads every registration of a tuned AOR', async () => {
  const extension = await createLogin(app);
  await ofAsterisk("UPDATE ps_aors SET max_contacts = 150, remove_existing = 'no'")(extension);
  const { customer_id: customerId, endpoint_id: address } = extension;
  const contacts = Array.from({ length: 150 }, (_, at) =>
    registeredContact(customerId, '2001', { id: `${address}^3B@${at}` }),
  );
  await app.asterisk.insertAll('ps_contacts', contacts.slice(1));
  const list = Object.assign(new ContactsDto(), { customerId, extension: '2001' });
  expect(await get(ContactService).list(list)).toHaveLength(149);
  expect(await codes(extension)).toEqual([]);
  await get(ContactService).refresh(list);
  await app.asterisk.insertAll('ps_contacts', contacts.slice(0, 1));
  expect(await codes(extension)).toEqual(['full']);
});

it('names a row that Kamailio takes in its place, whatever the case and the accents', async () => {
  const extension = await createLogin(app, 'Desk');
  const { sipAuth } = storedLogin(extension.customer_id, 'dèsk');
  await app.bin.insert('registrar_sip_auths', { ...sipAuth, id: Buffer.alloc(16, 0), password: 'other' });
  const found = await faults(extension);
  expect(codesOf(found)).toEqual(['account_shadowed']);
  await follow(app, found);
  expect(await codes(extension)).toEqual([]);
});

it('names repeated rows, and the SQL of schema verify with reconcile heals them', async () => {
  const extension = await createLogin(app);
  await app.asterisk.run('ALTER TABLE ps_auths DROP PRIMARY KEY, DROP KEY id');
  const { auth } = storedLogin(extension.customer_id, '2001');
  await app.asterisk.insert('ps_auths', auth);
  expect(await codes(extension)).toContain('repeated_rows');
  const report = await get(SchemaApplier).verify(get(AsteriskDatabase).dataSource, 'asterisk');
  for (const statement of sqlToRun(report).split(';\n').filter(Boolean)) await app.asterisk.run(statement);
  await get(ReconcileService).run({ dryRun: false });
  expect(await codes(extension)).toEqual([]);
});

it('writes any text into its SQL as that text', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
      const row = await app.asterisk.row(`SELECT HEX(${sqlText(text)}) AS hex`);
      expect(row?.['hex']).toBe(Buffer.from(text).toString('hex').toUpperCase());
    }),
  );
});

it.each(['utf8mb4_unicode_ci', 'utf8mb4_bin', 'utf8mb3_general_ci', 'latin1_swedish_ci'])(
  'its SQL finds a row by the key of a column with the collation %s',
  async (collation) => {
    const id = "o'neill@registrar";
    const table = `collated_${collation}`;
    await app.asterisk.run(`CREATE TABLE ${table} (id VARCHAR(255) COLLATE ${collation} PRIMARY KEY)`);
    await app.asterisk.insert(table, { id });
    const query = `SELECT id FROM ${table} WHERE id = ${sqlText(id)}`;
    expect(await app.asterisk.rows(query)).toEqual([{ id }]);
    expect(await app.asterisk.row(`EXPLAIN ${query}`)).toMatchObject({ type: 'const' });
  },
);

it('changes nothing', async () => {
  const extension = await createLogin(app);
  await registered({})(extension);
  await ofAsterisk('DELETE FROM ps_auths')(extension);
  const states = async (): Promise<unknown> => [
    await app.bin.rows('CHECKSUM TABLE registrar_extensions, registrar_sip_auths'),
    await app.asterisk.rows('CHECKSUM TABLE ps_aors, ps_auths, ps_endpoints, ps_contacts'),
  ];
  const before = await states();
  expect(await codes(extension)).toEqual(['auth_missing']);
  expect(await states()).toEqual(before);
});

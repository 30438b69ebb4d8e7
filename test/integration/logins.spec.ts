import { randomUUID } from 'node:crypto';
import { ContactService } from '../../src/contact/contact.service';
import { ContactsDto } from '../../src/contact/contact.dto';
import {
  ChangeExtensionDto,
  CreateExtensionDto,
  UpdateExtensionDto,
  type ExtensionReply,
} from '../../src/extension/extension.dto';
import { ExtensionReader } from '../../src/extension/extension.reader';
import { ExtensionWriter } from '../../src/extension/extension.writer';
import { ReconcileService } from '../../src/reconcile/reconcile.service';
import { registeredContact } from '../factories/contact.factory';
import { Application } from '../support/application';
import { uuidToBinary, type Parameter, type Row } from '../support/database';

/** What an operator has tuned, and what decides about the credential: one rule, whoever changes a login. */
describe('a login', () => {
  let app: Application;
  let extensions: ExtensionWriter;
  let extension: ExtensionReply;

  beforeAll(async () => {
    app = await Application.open();
    extensions = app.module.get(ExtensionWriter, { strict: false });
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    extension = await extensions.create(request(randomUUID(), '2001'));
  });

  const request = (customerId: string, number: string): CreateExtensionDto =>
    Object.assign(new CreateExtensionDto(), {
      ...{ customerId, extension: number, password: 'first-1', name: '', detail: '', username: '' },
    });
  const run = (sql: string, values: Parameter[] = [extension.endpoint_id]): Promise<void> =>
    app.asterisk.run(sql, values);
  const row = async (table: string, id: string): Promise<Row> =>
    (await app.asterisk.row(`SELECT * FROM ${table} WHERE id = ?`, [id])) ?? {};
  const put = (changes: object): Promise<ExtensionReply> =>
    extensions.update(
      extension.id,
      Object.assign(new UpdateExtensionDto(), { name: '', detail: '', password: '', ...changes }),
    );
  const change = (changes: object): Promise<ExtensionReply> =>
    extensions.change(extension.id, Object.assign(new ChangeExtensionDto(), changes));
  const reconcile = async (): Promise<string[]> => {
    const found: string[] = [];
    await app.module.get(ReconcileService).run({
      dryRun: false,
      onDifference: ({ kind, what }) => void found.push(`${kind}: ${what.join(', ')}`),
    });
    return found;
  };
  const register = (changes: Record<string, Parameter>, number = '2001'): Promise<void> =>
    app.asterisk.insert('ps_contacts', registeredContact(extension.customer_id, number, changes));
  const registered = (endpointId: string): Promise<number> =>
    app.asterisk.count('ps_contacts', 'endpoint = ?', [endpointId]);

  const CHANGES: [string, () => Promise<unknown>][] = [
    ['a new name by a caller', () => put({ name: 'n' })],
    ['a new password by a caller', () => put({ password: 'second-2' })],
    ['a new name by the command line', () => change({ name: 'n' })],
    ['a new password by the command line', () => change({ password: 'second-2' })],
    ['a new user name by the command line', () => change({ username: 'bob' })],
    ['a new number by the command line', () => change({ extension: '2002' })],
    [
      'the same number in another case',
      () => change({ extension: '2001a' }).then(() => change({ extension: '2001A' })),
    ],
    ['a repair', () => run("UPDATE ps_auths SET password = 'broken' WHERE id = ?").then(reconcile)],
    ['a repair of a lost auth row', () => run('DELETE FROM ps_auths WHERE id = ?').then(reconcile)],
    ['a repair of a lost endpoint row', () => run('DELETE FROM ps_endpoints WHERE id = ?').then(reconcile)],
  ];

  it.each(CHANGES)('keeps what an operator has tuned: %s', async (what, perform) => {
    await run("UPDATE ps_aors SET max_contacts = 10, remove_existing = 'no', qualify_frequency = 60 WHERE id = ?");
    await run("UPDATE ps_endpoints SET context = 'tuned', allow = 'opus,g722', transport = 'tls' WHERE id = ?");
    await run('UPDATE ps_auths SET nonce_lifetime = 90 WHERE id = ?');
    await perform();
    const { endpoint_id: id } = await app.module.get(ExtensionReader).get(extension.id);
    expect(await row('ps_aors', id)).toMatchObject({ max_contacts: 10, remove_existing: 'no', qualify_frequency: 60 });
    const lost = (part: string): boolean => what.includes(`lost ${part}`);
    const tuned = { context: 'tuned', allow: 'opus,g722', transport: 'tls' };
    expect(await row('ps_endpoints', id)).toMatchObject({ ...(lost('endpoint') ? {} : tuned), aors: id, auth: id });
    expect(await row('ps_auths', id)).toMatchObject({ id, nonce_lifetime: lost('auth') ? null : 90 });
    for (const table of ['ps_aors', 'ps_auths', 'ps_endpoints']) {
      expect(await app.asterisk.count(table, 'id LIKE ?', [`%@${extension.realm}`])).toBe(1);
    }
    expect(await reconcile()).toEqual([]);
  });

  it.each([
    ['a caller', () => put({ password: 'second-2' })],
    ['a caller who gives the password that it has', () => put({ password: 'first-1' })],
    ['the command line', () => change({ password: 'second-2' })],
    ['the command line with a new number', () => change({ password: 'second-2', extension: '2002' })],
    ['a repair', reconcile],
  ])('opens by its password alone after a change by %s', async (_who, perform) => {
    await run(
      `UPDATE ps_auths SET auth_type = 'md5', md5_cred = md5('2001:x:first-1'), password_digest = 'MD5:abc',
         username = 'mallory', realm = 'elsewhere' WHERE id = ?`,
    );
    await perform();
    const { endpoint_id: id, password, username, realm } = await app.module.get(ExtensionReader).get(extension.id);
    expect(await row('ps_auths', id)).toMatchObject({
      ...{ auth_type: 'userpass', username, password, realm, md5_cred: null, password_digest: null },
    });
    expect(await reconcile()).toEqual([]);
  });

  it('is repaired when a digest stands beside its password', async () => {
    await run("UPDATE ps_auths SET md5_cred = 'abc' WHERE id = ?");
    expect(await reconcile()).toEqual(['login_differs: auth.digest']);
    expect(await row('ps_auths', extension.auth_id)).toMatchObject({ md5_cred: null });
  });

  it('begins without what a former holder of the number left behind', async () => {
    await run("UPDATE ps_endpoints SET context = 'internal' WHERE id = ?");
    await run('UPDATE ps_aors SET max_contacts = 99 WHERE id = ?');
    await run("UPDATE ps_auths SET md5_cred = 'abc' WHERE id = ?");
    await app.bin.run('UPDATE registrar_extensions SET tm_delete = tm_create WHERE id = ?', [
      uuidToBinary(extension.id),
    ]);
    await register({ user_agent: 'OLD PHONE' });
    const again = await extensions.create(request(extension.customer_id, '2001'));
    expect(await row('ps_endpoints', again.endpoint_id)).toMatchObject({ context: null });
    expect(await row('ps_aors', again.endpoint_id)).toMatchObject({ max_contacts: 3, remove_existing: 'yes' });
    expect(await row('ps_auths', again.endpoint_id)).toMatchObject({ md5_cred: null, password: 'first-1' });
    expect(await registered(again.endpoint_id)).toBe(0);
    expect(await reconcile()).toEqual(['sip_auth_without_record: sip_auth']);
  });

  it('that is renumbered has nobody registered, under the old number or the new one', async () => {
    await register({ id: `${extension.id}-a` });
    await register({ id: `${extension.id}-b`, user_agent: 'OLD PHONE' }, '2002');
    const moved = await change({ extension: '2002' });
    expect(await registered(extension.endpoint_id)).toBe(0);
    expect(await registered(moved.endpoint_id)).toBe(0);
  });

  it('has nobody registered after a new password, though a REGISTER under way inserts its contact at the commit', async () => {
    await register({});
    await app.asterisk.run(
      `CREATE TRIGGER late AFTER UPDATE ON ps_auths FOR EACH ROW
       INSERT INTO ps_contacts (id, endpoint, uri) VALUES ('late', NEW.id, 'sip:2001@192.0.2.1')`,
    );
    try {
      await put({ password: 'second-2' });
    } finally {
      await app.asterisk.run('DROP TRIGGER late');
    }
    expect(await registered(extension.endpoint_id)).toBe(0);
  });

  it('moves between tables that foreign keys tie', async () => {
    await app.asterisk.run('ALTER TABLE ps_endpoints MODIFY aors VARCHAR(255) NULL');
    await app.asterisk.run('ALTER TABLE ps_endpoints ADD CONSTRAINT f1 FOREIGN KEY (aors) REFERENCES ps_aors (id)');
    await app.asterisk.run('ALTER TABLE ps_endpoints ADD CONSTRAINT f2 FOREIGN KEY (auth) REFERENCES ps_auths (id)');
    try {
      await put({ password: 'second-2' });
      const moved = await change({ extension: '2002' });
      await run("UPDATE ps_auths SET password = 'broken' WHERE id = ?", [moved.endpoint_id]);
      expect(await reconcile()).toEqual(['login_differs: auth.password']);
      await extensions.delete(extension.id);
      await extensions.create(request(extension.customer_id, '2002'));
      expect(await reconcile()).toEqual([]);
    } finally {
      for (const key of ['f1', 'f2']) await app.asterisk.run(`ALTER TABLE ps_endpoints DROP FOREIGN KEY ${key}`);
    }
  });

  it('goes and moves although a foreign key ties its contacts', async () => {
    await app.asterisk.run('DELETE FROM ps_contacts');
    await app.asterisk.run('ALTER TABLE ps_contacts MODIFY endpoint VARCHAR(255) NULL');
    await app.asterisk.run(
      'ALTER TABLE ps_contacts ADD CONSTRAINT f3 FOREIGN KEY (endpoint) REFERENCES ps_endpoints (id)',
    );
    try {
      await register({ id: `${extension.id}-tied` });
      // What a former holder of the new number left behind.
      const left = extension.endpoint_id.replace(/^2001@/, '2003@');
      await app.asterisk.insert('ps_endpoints', { id: left });
      await register({ id: `${extension.id}-left`, endpoint: left });
      const moved = await change({ extension: '2003' });
      await register({ id: `${extension.id}-again`, endpoint: moved.endpoint_id });
      await extensions.delete(extension.id);
      expect(await app.asterisk.count('ps_contacts')).toBe(0);
    } finally {
      await app.asterisk.run('ALTER TABLE ps_contacts DROP FOREIGN KEY f3');
    }
  });

  it('is refused where another unique key takes half of it, and nothing of it stays', async () => {
    await run('DELETE FROM ps_auths WHERE id <> ?');
    await app.asterisk.run('ALTER TABLE ps_auths ADD UNIQUE KEY u1 (username)');
    try {
      const other = randomUUID();
      const refused = extensions.create(request(other, '2001'));
      await expect(refused).rejects.toMatchObject({ reason: 'SCHEMA_INCOMPLETE' });
      expect(await app.asterisk.count('ps_aors', 'id LIKE ?', [`%${other}%`])).toBe(0);
      expect(await app.bin.count('registrar_extensions', 'customer_id = ?', [uuidToBinary(other)])).toBe(0);
    } finally {
      await app.asterisk.run('ALTER TABLE ps_auths DROP KEY u1');
      await reconcile();
    }
  });

  it('that is not there has contacts for nobody, and reconcile sweeps them', async () => {
    await extensions.delete(extension.id);
    await register({ id: `${extension.id}-late` });
    await app.asterisk.insert(
      'ps_contacts',
      registeredContact(randomUUID(), '1', { id: extension.id, endpoint: '1@elsewhere.example.net' }),
    );
    const dryRun: string[] = [];
    await app.module.get(ReconcileService).run({
      dryRun: true,
      onDifference: ({ kind, id }) => void dryRun.push(`${kind} ${id}`),
    });
    expect(dryRun).toEqual([`contact_without_login ${extension.endpoint_id}`]);
    expect(await registered(extension.endpoint_id)).toBe(1);
    expect(await reconcile()).toEqual(['contact_without_login: contacts']);
    expect(await registered(extension.endpoint_id)).toBe(0);
    expect(await registered('1@elsewhere.example.net')).toBe(1);
    expect(await reconcile()).toEqual([]);
  });
});

describe('an extension from before the base domain changed', () => {
  let app: Application;

  beforeAll(async () => {
    app = await Application.open({
      environment: { DOMAIN_NAME_EXTENSION: 'reg.a.test', DOMAIN_NAME_TRUNK: 't.a.test' },
    });
  });
  afterAll(() => app.close());

  it('is listed, refreshed, flushed and repaired by its own endpoint', async () => {
    const customerId = randomUUID();
    const made = await app.module.get(ExtensionWriter, { strict: false }).create(
      Object.assign(new CreateExtensionDto(), {
        ...{ customerId, extension: '1001', password: 'p', name: '', detail: '', username: '' },
      }),
    );
    const after = await app.start(false, { DOMAIN_NAME_EXTENSION: 'reg.b.test', DOMAIN_NAME_TRUNK: 't.b.test' });
    const contacts = after.get(ContactService, { strict: false });
    const subject = Object.assign(new ContactsDto(), { customerId, extension: '1001' });
    await expect(contacts.list(subject)).resolves.toEqual([]);
    const stored = registeredContact(customerId, '1001', { endpoint: made.endpoint_id });
    await app.asterisk.insert('ps_contacts', stored);
    await contacts.refresh(subject);
    await expect(contacts.list(subject)).resolves.toEqual([stored]);
    await contacts.flush(subject);
    await expect(contacts.list(subject)).resolves.toEqual([]);
    expect(await app.asterisk.count('ps_contacts')).toBe(0);

    await app.asterisk.run("UPDATE ps_auths SET password = 'broken'");
    await app.asterisk.run('DELETE FROM ps_endpoints');
    const report = await after.get(ReconcileService).run({ dryRun: false });
    expect(report).toMatchObject({ extensions: 1, foreign: 0, found: { login_differs: 1, login_missing: 1 } });
    expect(await app.asterisk.row('SELECT password FROM ps_auths')).toMatchObject({ password: 'p' });
    expect(await app.asterisk.row('SELECT id FROM ps_endpoints')).toMatchObject({ id: made.endpoint_id });
  });
});

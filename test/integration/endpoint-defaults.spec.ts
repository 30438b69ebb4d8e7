import { randomUUID } from 'node:crypto';
import { ChangeExtensionDto, CreateExtensionDto, type ExtensionReply } from '../../src/extension/extension.dto';
import { ExtensionReader } from '../../src/extension/extension.reader';
import { ExtensionWriter } from '../../src/extension/extension.writer';
import { endpointDefaults } from '../../src/platform/config/endpoint-defaults';
import { faultsOf, refusesWrites, type SchemaReport } from '../../src/platform/database/schema/schema-report';
import { SchemaApplier } from '../../src/platform/database/schema/schema.service';
import { ReconcileService } from '../../src/reconcile/reconcile.service';
import { Application } from '../support/application';
import { openSource } from '../support/data-source';
import { TestDatabase, type Row } from '../support/database';
import { eachRow } from '../support/each-row';

const DEFAULTS =
  'context=phones; allow=!all,ulaw,alaw; 100rel=no; set_var=A=it\'s "b"; rewrite_contact=yes; qualify_frequency=30; ' +
  'qualify_timeout=2.5; remove_unavailable=yes; max_contacts=1; ps_aors.mailboxes=1@a; ps_endpoints.mailboxes=1@b';
const NEW_ENDPOINT = {
  ...{ context: 'phones', allow: '!all,ulaw,alaw', '100rel': 'no', set_var: 'A=it\'s "b"', rewrite_contact: 'yes' },
  ...{ mailboxes: '1@b', disallow: null },
};
const NEW_AOR = {
  ...{
    max_contacts: 1,
    remove_existing: 'yes',
    qualify_frequency: 30,
    qualify_timeout: 2.5,
    remove_unavailable: 'yes',
  },
  ...{ mailboxes: '1@a', contact: null },
};

function request(number = '2001'): CreateExtensionDto {
  return Object.assign(new CreateExtensionDto(), {
    ...{ customerId: randomUUID(), extension: number, password: 'first-1', name: '', detail: '', username: '' },
  });
}

describe('defaults for new rows', () => {
  let app: Application;
  let extension: ExtensionReply;

  beforeAll(async () => {
    app = await Application.open({ environment: { ASTERISK_ENDPOINT_DEFAULTS: DEFAULTS } });
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    extension = await app.module.get(ExtensionWriter, { strict: false }).create(request());
  });

  const row = (table: string, id = extension.endpoint_id): Promise<Row | undefined> =>
    app.asterisk.row(`SELECT * FROM ${table} WHERE id = ?`, [id]);
  const change = (changes: object): Promise<ExtensionReply> =>
    app.module.get(ExtensionWriter).change(extension.id, Object.assign(new ChangeExtensionDto(), changes));
  const reconcile = async (): Promise<string[]> => {
    const found: string[] = [];
    await app.module.get(ReconcileService).run({ dryRun: false, onDifference: ({ kind }) => void found.push(kind) });
    return found;
  };

  it('are in the rows of a create', async () => {
    expect(await row('ps_endpoints')).toMatchObject(NEW_ENDPOINT);
    expect(await row('ps_aors')).toMatchObject(NEW_AOR);
    expect(await reconcile()).toEqual([]);
  });

  it('are in the rows that a repair writes, and only in those', async () => {
    await app.asterisk.run('DELETE FROM ps_endpoints WHERE id = ?', [extension.endpoint_id]);
    await app.asterisk.run('UPDATE ps_aors SET max_contacts = 7, mailboxes = NULL WHERE id = ?', [
      extension.endpoint_id,
    ]);
    expect(await reconcile()).toEqual(['login_missing']);
    expect(await row('ps_endpoints')).toMatchObject(NEW_ENDPOINT);
    expect(await row('ps_aors')).toMatchObject({ ...NEW_AOR, max_contacts: 7, mailboxes: null });
    await app.asterisk.run('DELETE FROM ps_aors WHERE id = ?', [extension.endpoint_id]);
    expect(await reconcile()).toEqual(['login_missing']);
    expect(await row('ps_aors')).toMatchObject(NEW_AOR);
  });

  it('are not in rows from before, whatever changes them', async () => {
    await app.asterisk.run('UPDATE ps_endpoints SET context = NULL, allow = NULL WHERE id = ?', [
      extension.endpoint_id,
    ]);
    await app.asterisk.run('UPDATE ps_aors SET max_contacts = NULL WHERE id = ?', [extension.endpoint_id]);
    expect(await reconcile()).toEqual([]);
    await change({ password: 'second-2' });
    const moved = await change({ extension: '2002', name: 'n' });
    expect(await row('ps_endpoints', moved.endpoint_id)).toMatchObject({ context: null, allow: null });
    expect(await row('ps_aors', moved.endpoint_id)).toMatchObject({ max_contacts: null });
  });

  it('are in an AOR that a new number finds missing', async () => {
    await app.asterisk.run('DELETE FROM ps_aors WHERE id = ?', [extension.endpoint_id]);
    const moved = await change({ extension: '2002' });
    expect(await row('ps_aors', moved.endpoint_id)).toMatchObject(NEW_AOR);
  });

  it('are refused, and are no defect of the service, when a column loses a word while it runs', async () => {
    await app.asterisk.run("UPDATE ps_endpoints SET rewrite_contact = 'no'");
    await app.asterisk.run("ALTER TABLE ps_endpoints MODIFY rewrite_contact ENUM('no') NULL");
    const refused = app.module.get(ExtensionWriter).create(request());
    await expect(refused).rejects.toMatchObject({ status: 'UNAVAILABLE', reason: 'SCHEMA_INCOMPLETE' });
    await app.asterisk.run("ALTER TABLE ps_endpoints MODIFY rewrite_contact ENUM('no','yes') NULL");
  });

  it('stop changes when the tables lose a column, until it is there again', async () => {
    await app.asterisk.run('ALTER TABLE ps_aors DROP COLUMN remove_unavailable');
    // A running service learns it from the server's refusal, or from the next look at the schema.
    const refused = app.module.get(ExtensionWriter).create(request());
    await expect(refused).rejects.toMatchObject({ status: 'UNAVAILABLE', reason: 'SCHEMA_INCOMPLETE' });
    const replica = await app.start();
    const problem = 'ASTERISK_ENDPOINT_DEFAULTS: ps_aors.remove_unavailable is no column of the table';
    expect(app.log.filter((line) => line.includes(problem) && line.includes('"stops":"writes"'))).toHaveLength(1);
    await expect(replica.get(ExtensionWriter).create(request())).rejects.toMatchObject({ reason: 'SCHEMA_INCOMPLETE' });
    expect(await replica.get(ExtensionReader).get(extension.id)).toMatchObject({ id: extension.id });
    await replica.get(ExtensionWriter).delete(extension.id);
    expect(await row('ps_endpoints')).toBeUndefined();
    await app.asterisk.run("ALTER TABLE ps_aors ADD COLUMN remove_unavailable ENUM('yes','no')");
    await app.stop(replica);
    await app.start();
    await expect(app.replicas.at(-1)?.get(ExtensionWriter).create(request())).resolves.toBeDefined();
  });
});

describe('defaults beside the tables at hand', () => {
  let database: TestDatabase;
  let source: Awaited<ReturnType<typeof openSource>>;

  beforeAll(async () => {
    database = await TestDatabase.create('asterisk');
    source = await openSource(database);
    await new SchemaApplier().apply(source, 'asterisk');
    await database.run(
      `ALTER TABLE ps_endpoints DROP COLUMN webrtc, MODIFY rewrite_contact ENUM('yes','no'),
        MODIFY callerid VARCHAR(40) CHARACTER SET latin1, MODIFY language VARCHAR(40) CHARACTER SET utf8mb3, ADD site TINYINT UNSIGNED, ADD born DATE,
        ADD twice INT AS (site * 2) VIRTUAL`,
    );
  });
  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  const verify = (text: string): Promise<SchemaReport> => {
    const defaults = endpointDefaults.read(text);
    if (defaults === undefined) throw new Error(endpointDefaults.complaint?.(text));
    return new SchemaApplier({ defaults }).verify(source, 'asterisk');
  };

  eachRow([
    ['webrtc=yes', 'ps_endpoints.webrtc is no column of the table'],
    ['ps_endpoints.contxt=a', 'ps_endpoints.contxt is no column of the table'],
    ['rewrite_contact=true', 'ps_endpoints.rewrite_contact takes only one of: yes, no'],
    ['remove_existing=Yes', 'ps_aors.remove_existing takes only one of: 0, 1, off, on, false, true, no, yes'],
    [`context=${'c'.repeat(41)}`, 'ps_endpoints.context is varchar(40), and the value has 41 characters'],
    ['callerid=😀', 'ps_endpoints.callerid is latin1, which may lack characters of the value'],
    ['language=😀', 'ps_endpoints.language is utf8mb3, which may lack characters of the value'],
    ['qualify_frequency=1.5', 'ps_aors.qualify_frequency needs a whole number from -2147483648 to 2147483647'],
    ['qualify_frequency=2147483648', 'needs a whole number'],
    ['ps_endpoints.site=256', 'ps_endpoints.site needs a whole number from 0 to 255'],
    ['ps_endpoints.site=-1', 'needs a whole number'],
    ['qualify_timeout=soon', 'ps_aors.qualify_timeout needs a number'],
    ['ps_endpoints.born=2020-01-01', 'ps_endpoints.born is date, which cannot have a default of this kind'],
    ['ps_endpoints.twice=1', 'ps_endpoints.twice is a generated column'],
  ])('that do not fit are a fault', async (text, problem) => {
    const report = await verify(text);
    expect(faultsOf(report)).toEqual([{ text: expect.stringContaining(problem) as string, stops: 'writes' }]);
    expect(report.problems[0]?.text).toMatch(/^ASTERISK_ENDPOINT_DEFAULTS: ps_/);
    expect(refusesWrites(report)).toBe(true);
  });

  it('that fit are none', async () => {
    const text = `${DEFAULTS}; ps_endpoints.site=255; callerid=${'c'.repeat(40)}; language=Žluťoučký 電話; context=${'😀'.repeat(40)}`;
    expect(faultsOf(await verify(text.replace('context=phones; ', '')))).toEqual([]);
  });

  it('are all told at once', async () => {
    expect(faultsOf(await verify('ps_aors.a=1;ps_endpoints.b=1;webrtc=yes'))).toHaveLength(3);
  });
});

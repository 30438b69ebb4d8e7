import { randomUUID } from 'node:crypto';
import { ExtensionWriter } from '../../src/extension/extension.writer';
import type { ExtensionReply } from '../../src/extension/extension.dto';
import { CreateExtensionDto } from '../../src/extension/extension.dto';
import { Metrics } from '../../src/platform/observability/metrics/metrics';
import type { Difference } from '../../src/reconcile/drift';
import { ReconcileService } from '../../src/reconcile/reconcile.service';
import { CreateTrunkDto, type TrunkReply } from '../../src/trunk/trunk.dto';
import { TrunkWriter } from '../../src/trunk/trunk.writer';
import { Application } from '../support/application';
import { uuidToBinary, type Parameter, type Row } from '../support/database';
import { BASE_DOMAIN_EXTENSION, BASE_DOMAIN_TRUNK, freshDomain } from '../support/world';

const PASSWORD = 's3cr^3Bt; ';
const ENCODED = 's3cr^5E3Bt^3B^20';

let application: Application;
let extension: ExtensionReply;
let trunk: TrunkReply;

beforeAll(async () => {
  application = await Application.open();
});
afterAll(async () => {
  await application.close();
});

const extensionRequest = (customerId: string, number: string, password = PASSWORD): CreateExtensionDto =>
  Object.assign(new CreateExtensionDto(), {
    customerId,
    extension: number,
    password,
    domainId: randomUUID(),
    name: 'desk',
    detail: '',
    username: '',
  });

const trunkRequest = (): CreateTrunkDto =>
  Object.assign(new CreateTrunkDto(), {
    customerId: randomUUID(),
    domainName: freshDomain(),
    name: '',
    detail: '',
    authTypes: ['basic', 'ip'],
    username: 'carrier',
    password: 'tr;unk',
    allowedIps: ['203.0.113.7', '198.51.100.0/24'],
  });

/** Every row of every table, without what no repair brings back as it was. */
async function everything(): Promise<Record<string, Row[]>> {
  const tables: Record<string, Row[]> = {};
  for (const table of ['registrar_extensions', 'registrar_trunks', 'registrar_sip_auths'])
    tables[table] = await application.bin.rows(`SELECT * FROM ${table} ORDER BY id`);
  for (const table of ['ps_endpoints', 'ps_auths', 'ps_aors', 'ps_contacts'])
    tables[table] = await application.asterisk.rows(`SELECT * FROM ${table} ORDER BY id`);
  return tables;
}

async function reconcile(dryRun = false): Promise<{ differences: Difference[]; failed: number }> {
  const differences: Difference[] = [];
  const report = await application.module
    .get(ReconcileService)
    .run({ dryRun, onDifference: (difference) => differences.push(difference) });
  expect(report.dryRun).toBe(dryRun);
  return { differences, failed: report.failed };
}

async function metric(name: string, kind: string): Promise<number> {
  const text = await application.module.get(Metrics).render();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`registrar_manager_${name}{kind="${kind}"}`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

beforeEach(async () => {
  for (const table of ['registrar_extensions', 'registrar_trunks', 'registrar_sip_auths'])
    await application.bin.run(`DELETE FROM ${table}`);
  for (const table of ['ps_endpoints', 'ps_auths', 'ps_aors', 'ps_contacts'])
    await application.asterisk.run(`DELETE FROM ${table}`);
  extension = await application.module.get(ExtensionWriter).create(extensionRequest(randomUUID(), '2001'));
  trunk = await application.module.get(TrunkWriter).create(trunkRequest());
});

const id = (): Buffer => uuidToBinary(extension.id);
const trunkId = (): Buffer => uuidToBinary(trunk.id);
const asterisk = (sql: string, values?: Parameter[]): Promise<void> =>
  application.asterisk.run(sql, values ?? [extension.endpoint_id]);
const bin = (sql: string, values?: Parameter[]): Promise<void> => application.bin.run(sql, values ?? [id()]);

describe('what the service writes', () => {
  it('is what reconcile expects', async () => {
    await expect(reconcile()).resolves.toEqual({ differences: [], failed: 0 });
    const [auth] = await application.asterisk.rows('SELECT password FROM ps_auths');
    expect(auth?.['password']).toBe(ENCODED);
  });
});

const LOGIN = (kind: string, what: string[]) => () => [{ kind, what, subject: 'extension', id: extension.id }];
const TRUNK = (kind: string, what: string[]) => () => [{ kind, what, subject: 'trunk', id: trunk.id }];

/** Each made by hand, told by a dry run that changes nothing, repaired by the next run to what was there before. */
const DRIFTS: [string, () => Promise<unknown>, () => unknown[]][] = [
  ['an AOR is missing', () => asterisk('DELETE FROM ps_aors WHERE id = ?'), LOGIN('login_missing', ['aor'])],
  ['an auth is missing', () => asterisk('DELETE FROM ps_auths WHERE id = ?'), LOGIN('login_missing', ['auth'])],
  [
    'an endpoint is missing',
    () => asterisk('DELETE FROM ps_endpoints WHERE id = ?'),
    LOGIN('login_missing', ['endpoint']),
  ],
  [
    'a password is another',
    () => asterisk("UPDATE ps_auths SET password = 'other' WHERE id = ?"),
    LOGIN('login_differs', ['auth.password']),
  ],
  [
    'a password lacks its encoding',
    () => asterisk('UPDATE ps_auths SET password = ? WHERE id = ?', [PASSWORD, extension.endpoint_id]),
    LOGIN('login_differs', ['auth.password']),
  ],
  [
    'a password is NULL',
    () => asterisk('UPDATE ps_auths SET password = NULL WHERE id = ?'),
    LOGIN('login_differs', ['auth.password']),
  ],
  [
    'auth type, user name and realm differ',
    () => asterisk("UPDATE ps_auths SET auth_type = 'md5', username = 'X', realm = 'y' WHERE id = ?"),
    LOGIN('login_differs', ['auth.auth_type', 'auth.username', 'auth.realm']),
  ],
  [
    'an endpoint names no auth, and another AOR',
    () => asterisk("UPDATE ps_endpoints SET auth = NULL, aors = 'x' WHERE id = ?"),
    LOGIN('login_differs', ['endpoint.aors', 'endpoint.auth']),
  ],
  [
    'credentials are missing',
    () => bin('DELETE FROM registrar_sip_auths WHERE id = ?'),
    LOGIN('sip_auth_missing', ['sip_auth']),
  ],
  [
    'credentials differ',
    () => bin("UPDATE registrar_sip_auths SET username = '', password = '', auth_types = NULL WHERE id = ?"),
    LOGIN('sip_auth_differs', ['auth_types', 'username', 'password']),
  ],
  [
    'a realm was moved',
    () => bin("UPDATE registrar_sip_auths SET realm = 'elsewhere.example.com', reference_type = 'trunk' WHERE id = ?"),
    LOGIN('sip_auth_differs', ['reference_type', 'realm']),
  ],
  [
    "a trunk's credentials are missing",
    () => bin('DELETE FROM registrar_sip_auths WHERE id = ?', [trunkId()]),
    TRUNK('sip_auth_missing', ['sip_auth']),
  ],
  [
    "a trunk's addresses are no list of texts",
    () => bin(`UPDATE registrar_sip_auths SET allowed_ips = '{"0":"203.0.113.9"}' WHERE id = ?`, [trunkId()]),
    TRUNK('sip_auth_differs', ['allowed_ips']),
  ],
  [
    "a trunk's addresses are others",
    () => bin(`UPDATE registrar_sip_auths SET allowed_ips = '["203.0.113.7"]' WHERE id = ?`, [trunkId()]),
    TRUNK('sip_auth_differs', ['allowed_ips']),
  ],
];

describe.each(DRIFTS)('%s', (_, damage, expected) => {
  it('is told by a dry run, repaired by a run, and then gone', async () => {
    const whole = await everything();
    await damage();
    const damaged = await everything();
    const dry = await reconcile(true);
    expect(dry).toEqual({ differences: expected(), failed: 0 });
    expect(await everything()).toEqual(damaged);

    const [{ kind }] = expected() as [{ kind: string }];
    const before = await metric('reconcile_drift_repaired_total', kind);
    expect(await reconcile()).toEqual({ differences: expected(), failed: 0 });
    expect(await everything()).toEqual(whole);
    expect(await metric('reconcile_drift_repaired_total', kind)).toBe(before + 1);
    expect(await reconcile()).toEqual({ differences: [], failed: 0 });
  });
});

describe('rows without a record', () => {
  const orphan = `9001@${randomUUID()}.${BASE_DOMAIN_EXTENSION}`;
  const plant = async (login: string): Promise<void> => {
    await asterisk('INSERT INTO ps_aors (id, max_contacts) VALUES (?, 3)', [login]);
    await asterisk("INSERT INTO ps_auths (id, username, password) VALUES (?, 'x', 'y')", [login]);
    await asterisk('INSERT INTO ps_endpoints (id, aors, auth) VALUES (?, ?, ?)', [login, login, login]);
    await asterisk('INSERT INTO ps_contacts (id, endpoint) VALUES (?, ?)', [`${login}^3B@x`, login]);
  };

  it('go, the whole login with its registrations', async () => {
    const whole = await everything();
    await plant(orphan);
    const expected = [
      { kind: 'login_without_record', what: ['endpoint', 'auth', 'aor'], subject: 'login', id: orphan },
    ];
    const planted = await everything();
    expect((await reconcile(true)).differences).toEqual(expected);
    expect(await everything()).toEqual(planted);
    expect((await reconcile()).differences).toEqual(expected);
    expect(await everything()).toEqual(whole);
  });

  it('go one by one, whichever is left', async () => {
    const whole = await everything();
    const realm = `${randomUUID()}.${BASE_DOMAIN_EXTENSION.toUpperCase()}`;
    await asterisk('INSERT INTO ps_aors (id) VALUES (?)', [`1@${realm}`]);
    await asterisk('INSERT INTO ps_auths (id) VALUES (?)', [`2@${realm}`]);
    await asterisk('INSERT INTO ps_endpoints (id) VALUES (?)', [`3@${realm}`]);
    const { differences } = await reconcile();
    expect(differences.map(({ id: login, what }) => [login, what])).toEqual([
      [`3@${realm}`, ['endpoint']],
      [`2@${realm}`, ['auth']],
      [`1@${realm}`, ['aor']],
    ]);
    expect(await everything()).toEqual(whole);
  }, 30_000);

  it('go when the record is deleted, and stay while it is only said to be alive the old way', async () => {
    await bin("UPDATE registrar_extensions SET tm_delete = '9999-01-01 00:00:00.000000' WHERE id = ?");
    expect((await reconcile()).differences).toEqual([]);
    await bin("UPDATE registrar_extensions SET tm_delete = '2026-01-01 00:00:00.000000' WHERE id = ?");
    const { differences } = await reconcile();
    expect(differences.map(({ kind, id: subject }) => [kind, subject])).toEqual([
      ['login_without_record', extension.endpoint_id],
      ['sip_auth_without_record', extension.id],
    ]);
    const left = await everything();
    expect([left['ps_endpoints'], left['ps_auths'], left['ps_aors']]).toEqual([[], [], []]);
    expect(left['registrar_sip_auths']).toHaveLength(1);
  });

  it('stay when they are somebody else’s', async () => {
    const foreign = [
      `x@y.not${BASE_DOMAIN_EXTENSION}`,
      `x@${BASE_DOMAIN_EXTENSION}`,
      `x@a.${BASE_DOMAIN_EXTENSION}.com`,
      `x.${BASE_DOMAIN_EXTENSION}`,
      'carrier-1',
      `x@a.${BASE_DOMAIN_TRUNK}`,
    ];
    for (const login of foreign) await plant(login);
    for (const realm of [`y.not${BASE_DOMAIN_TRUNK}`, 'example.com', BASE_DOMAIN_TRUNK])
      await bin('INSERT INTO registrar_sip_auths (id, realm) VALUES (?, ?)', [uuidToBinary(randomUUID()), realm]);
    await bin('INSERT INTO registrar_sip_auths (id) VALUES (?)', [uuidToBinary(randomUUID())]);
    const before = await everything();
    expect(await reconcile(true)).toEqual({ differences: [], failed: 0 });
    expect(await reconcile()).toEqual({ differences: [], failed: 0 });
    expect(await everything()).toEqual(before);
  });

  it('go from what Kamailio reads, below either base domain', async () => {
    const whole = await everything();
    for (const realm of [`x.${BASE_DOMAIN_EXTENSION}`, `x.${BASE_DOMAIN_TRUNK}`])
      await bin("INSERT INTO registrar_sip_auths (id, realm, username, password) VALUES (?, ?, 'u', 'p')", [
        uuidToBinary(randomUUID()),
        realm,
      ]);
    const { differences } = await reconcile();
    expect(differences.map(({ kind }) => kind)).toEqual(['sip_auth_without_record', 'sip_auth_without_record']);
    expect(await everything()).toEqual(whole);
  });
});

describe('what an operator or the original left', () => {
  it('is no difference: more devices, another case of an id, a plain password that reads as itself', async () => {
    await asterisk("UPDATE ps_aors SET max_contacts = 9, remove_existing = 'no' WHERE id = ?");
    await asterisk('UPDATE ps_endpoints SET id = UPPER(id) WHERE id = ?');
    await bin("UPDATE registrar_extensions SET password = 'a^b' WHERE id = ?");
    await bin("UPDATE registrar_sip_auths SET password = 'a^b' WHERE id = ?");
    await asterisk("UPDATE ps_auths SET password = 'a^b' WHERE id = ?");
    expect(await reconcile()).toEqual({ differences: [], failed: 0 });
  });

  it('survives a repair next to it', async () => {
    await asterisk('UPDATE ps_aors SET max_contacts = 9 WHERE id = ?');
    await asterisk("UPDATE ps_auths SET password = 'x' WHERE id = ?");
    expect((await reconcile()).differences).toHaveLength(1);
    expect(await application.asterisk.rows('SELECT max_contacts FROM ps_aors')).toEqual([{ max_contacts: 9 }]);
  });

  it('is an open account: told, counted, closed towards Kamailio, and no repair', async () => {
    await bin("UPDATE registrar_extensions SET password = '' WHERE id = ?");
    await bin("UPDATE registrar_sip_auths SET password = '' WHERE id = ?");
    await asterisk("UPDATE ps_auths SET password = '' WHERE id = ?");
    const kinds = ({ differences }: { differences: Difference[] }): string[] => differences.map(({ kind }) => kind);
    expect(kinds(await reconcile())).toEqual(['sip_auth_differs', 'open_account']);
    const row = await application.bin.row('SELECT username, password FROM registrar_sip_auths WHERE id = ?', [id()]);
    expect(row).toEqual({ username: null, password: null });
    expect(kinds(await reconcile())).toEqual(['open_account']);
    expect(await application.module.get(Metrics).render()).toContain('registrar_manager_open_accounts 1\n');
    expect(await metric('reconcile_drift_found_total', 'open_account')).toBe(0);
  });

  it('is two living records with one login: the newest has it, and nothing swings to and fro', async () => {
    await bin('ALTER TABLE registrar_extensions DROP KEY uq_registrar_extensions_alive', []);
    await bin('ALTER TABLE registrar_extensions DROP KEY uq_registrar_extensions_alive_username', []);
    const twin = randomUUID();
    await bin(
      `INSERT INTO registrar_extensions (id, customer_id, endpoint_id, aor_id, auth_id, extension, realm, username, password, tm_create)
       SELECT ?, customer_id, endpoint_id, aor_id, auth_id, extension, realm, username, 'older', '2020-01-01' FROM registrar_extensions
       WHERE id = ?`,
      [uuidToBinary(twin), id()],
    );
    expect((await reconcile()).differences).toEqual([
      { kind: 'sip_auth_missing', what: ['sip_auth'], subject: 'extension', id: twin },
    ]);
    expect(await reconcile()).toEqual({ differences: [], failed: 0 });
    expect(await application.asterisk.rows('SELECT password FROM ps_auths')).toEqual([{ password: ENCODED }]);
  });

  it('is a password too long for its column: that one fails, the others are repaired', async () => {
    const other = await application.module.get(ExtensionWriter).create(extensionRequest(randomUUID(), '2002'));
    await bin('UPDATE registrar_extensions SET password = ? WHERE id = ?', ['x'.repeat(200), id()]);
    await asterisk('DELETE FROM ps_aors WHERE id = ?', [other.endpoint_id]);
    const { differences, failed } = await reconcile();
    expect(failed).toBe(1);
    expect(differences).toEqual([{ kind: 'login_missing', what: ['aor'], subject: 'extension', id: other.id }]);
  });
});

it('writes no password to the log', () => {
  const text = application.log.join('');
  expect(text).toContain('A difference was repaired');
  expect(text).not.toContain('s3cr');
  expect(text).not.toContain('tr;unk');
});

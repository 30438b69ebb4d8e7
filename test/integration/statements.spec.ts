import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DirectClient } from '../../src/clients/direct.client';
import { ContactsDto } from '../../src/contact/contact.dto';
import { ContactService } from '../../src/contact/contact.service';
import { DiagnosisService } from '../../src/diagnosis/diagnosis.service';
import {
  CreateExtensionDto,
  FindExtensionDto,
  UpdateExtensionDto,
  type ExtensionPatch,
} from '../../src/extension/extension.dto';
import { ExtensionReader } from '../../src/extension/extension.reader';
import { ExtensionWriter } from '../../src/extension/extension.writer';
import { Outbox } from '../../src/platform/messaging/outbox/outbox';
import { OutboxRepository } from '../../src/platform/messaging/outbox/outbox.repository';
import { bytesToUuid } from '../../src/platform/wire/go-uuid';
import type { ListRequest } from '../../src/platform/wire/list-request';
import { ReconcileService } from '../../src/reconcile/reconcile.service';
import { TrunkMatch } from '../../src/reconcile/trunk.match';
import { ChangeTrunkDto, CreateTrunkDto, UpdateTrunkDto } from '../../src/trunk/trunk.dto';
import { TrunkReader } from '../../src/trunk/trunk.reader';
import { TrunkWriter } from '../../src/trunk/trunk.writer';
import { Application } from '../support/application';
import { uuidToBinary } from '../support/database';
import { fillTables, LARGE_CUSTOMER } from '../support/many-rows';
import { planOf, planText, StatementRecorder, type PlanLine, type Statement } from '../support/statements';
import { BASE_DOMAIN_EXTENSION } from '../support/world';

const GOLDEN = join(__dirname, 'golden', 'statements.txt');

interface Exception {
  /** Of the text. */
  readonly statement: RegExp;
  readonly flaw: RegExp;
  readonly because: string;
}

/** Plans that may read or sort more than their result. */
const EXCEPTIONS: readonly Exception[] = [
  {
    statement: /FROM registrar_(?:extensions|trunks) r WHERE r\.tm_create (?:< \?|IS NOT NULL) ORDER BY/,
    flaw: /^r(?: scanned|: Using filesort)$/,
    because: 'no caller lists without a customer, and an index on tm_create would cost every create',
  },
  {
    statement: /r\.customer_id = \? AND .*r\.(?:extension|username|domain_name) = \?.* ORDER BY r\.tm_create DESC/,
    flaw: /^r: Using filesort$/,
    because: 'it sorts the rows of one number, user name or domain, of which at most one is living',
  },
  {
    statement: /WHERE r\.(?:customer_id = \? AND r\.extension|domain_name|endpoint_id) = \? AND .* LIMIT 10?$/,
    flaw: /^r: Using filesort$/,
    because: 'it sorts the rows of one number, domain or login, of which at most one is living',
  },
  {
    statement: /^SELECT r\.id FROM .* r\.tm_delete >= '9999-01-01' AND r\.id > \? ORDER BY r\.id/,
    flaw: /^r: Using filesort$/,
    because: 'the times of the year 9999 are a range, so ids of that form are sorted, without reading their rows',
  },
  {
    statement: /^DELETE o FROM JSON_TABLE/,
    flaw: /^sent scanned$/,
    because: 'it is the list of ids to delete',
  },
  {
    statement: /JSON_TABLE\(a\.allowed_ips,/,
    flaw: /^entry scanned$/,
    because: 'it is the list of addresses of a row',
  },
  {
    statement:
      /FROM (?:`?(?:registrar_sip_auths|ps_\w+)`?|registrar_\w+ r WHERE \(r\.tm_delete).* ORDER BY \S+ (?:ASC )?LIMIT 1000$/,
    flaw: /^\w+ read in the order of PRIMARY$/,
    because: 'reconcile reads each table once; this is its first chunk',
  },
  {
    statement: /FROM registrar_outbox o .* LIMIT 100 FOR UPDATE SKIP LOCKED$|^SELECT COUNT\(\*\) AS depth/,
    flaw: /^(?:o read in the order of PRIMARY|registrar_outbox read in the order of idx_registrar_outbox_tm_create)$/,
    because: 'the outbox holds only what is not sent yet',
  },
];

const customerId = LARGE_CUSTOMER;
const filledId = (kind: string, n: number): string => bytesToUuid(createHash('md5').update(`${kind}${n}`).digest());

interface Explained {
  readonly statement: Statement;
  readonly plan: readonly PlanLine[];
}

let application: Application;
const recorder = new StatementRecorder();
const operations = new Map<string, Explained[]>();
let isMariaDb: boolean;

const get = <T>(type: new (...parts: never[]) => T): T => application.module.get(type, { strict: false });

beforeAll(async () => {
  // Nothing listens there: every read goes to the database.
  application = await Application.open({ environment: { REDIS_ADDRESS: '127.0.0.1:1' } });
  const version = await application.bin.row('SELECT VERSION() AS version');
  isMariaDb = /mariadb/i.test(String(version?.['version']));
  await fillTables(application);
  recorder.start();
  // First, because its statements also follow a change, at any moment.
  await recordOutbox();
  await recordExtensions();
  await recordContacts();
  await recordTrunks();
  await recordCascade();
  await recordReconcile();
  await recordMatch();
}, 300_000);
afterAll(async () => {
  recorder.stop();
  await application.close();
});

/** Runs an operation and explains each statement that no earlier operation has sent. */
async function record<T>(operation: string, work: () => Promise<T>): Promise<T> {
  const result = await work();
  await get(Outbox).flush(5_000);
  const known = new Set([...operations.values()].flat().map(({ statement }) => statement.text));
  const explained: Explained[] = [];
  for (const statement of recorder.take()) {
    if (known.has(statement.text)) continue;
    known.add(statement.text);
    const plan = isMariaDb ? await planOf(statement, application[statement.database]) : [];
    explained.push({ statement, plan });
  }
  operations.set(operation, explained);
  return result;
}

async function recordExtensions(): Promise<void> {
  const [reader, writer] = [get(ExtensionReader), get(ExtensionWriter)];
  const request = { customerId, extension: 'desk', password: 'p', name: '', detail: '', username: '' };
  const { id } = await record('extension: create', () =>
    writer.create(Object.assign(new CreateExtensionDto(), request)),
  );
  await record('extension: get', () => reader.get(id));
  await record('extension: get by number', () =>
    reader.getByNumber('desk', Object.assign(new FindExtensionDto(), { customerId })),
  );
  await record('extension: diagnose', () => get(DiagnosisService).diagnose({ id }));
  await recordLists('extension', (list) => reader.list(list), [
    ['with a number', { customer_id: customerId, deleted: false, extension: '1010' }],
    ['with a user name', { customer_id: customerId, deleted: false, username: '1010' }],
    ['with a domain', { customer_id: customerId, deleted: false, domain_name: customerId }],
  ]);
  await record('extension: count', () => reader.count(customerId));
  const update = (password: string): UpdateExtensionDto =>
    Object.assign(new UpdateExtensionDto(), { name: 'n', detail: 'd', password });
  await record('extension: change of the name', () => writer.update(id, update('')));
  await record('extension: change of the password', () => writer.update(id, update('other')));
  const patches: Record<string, ExtensionPatch> = {
    'user name': { username: 'someone' },
    number: { extension: 'door' },
  };
  for (const [what, patch] of Object.entries(patches))
    await record(`extension: change of the ${what}`, () => writer.change(id, patch));
  const directs = get(DirectClient);
  jest.spyOn(directs, 'regenerate').mockResolvedValue({ id: filledId('d', 0), hash: 'hash' });
  await record('extension: new direct hash', () => writer.regenerateDirectHash(id));
  await record('extension: delete', () => writer.delete(id));
}

async function recordContacts(): Promise<void> {
  const contacts = get(ContactService);
  const request = Object.assign(new ContactsDto(), { customerId, extension: '1010' });
  await record('contact: list', () => contacts.list(request));
  await record('contact: refresh', () => contacts.refresh(request));
  await record('contact: flush', () => contacts.flush(request));
}

async function recordTrunks(): Promise<void> {
  const [reader, writer] = [get(TrunkReader), get(TrunkWriter)];
  const settings = { name: '', detail: '', authTypes: ['basic'], username: 'u', password: 'p', allowedIps: [] };
  const request = { ...settings, customerId, domainName: 'acme' };
  const { id } = await record('trunk: create', () => writer.create(Object.assign(new CreateTrunkDto(), request)));
  await record('trunk: get', () => reader.get(id));
  await record('trunk: get by domain', () => reader.getByDomain('acme'));
  await recordLists('trunk', (list) => reader.list(list), [
    ['with a domain', { customer_id: customerId, deleted: false, domain_name: 'trunk10' }],
    ['with a user name', { customer_id: customerId, deleted: false, username: 'user10' }],
    ['with a name', { customer_id: customerId, deleted: false, name: 'name 10' }],
  ]);
  await record('trunk: count', () => reader.count(customerId));
  await record('trunk: change of the settings', () => writer.update(id, Object.assign(new UpdateTrunkDto(), settings)));
  await record('trunk: change of the domain', () =>
    writer.change(id, Object.assign(new ChangeTrunkDto(), { domainName: 'example' })),
  );
  await record('trunk: delete', () => writer.delete(id));
}

type Filters = Readonly<Record<string, string | boolean>>;

async function recordLists(
  kind: string,
  read: (request: ListRequest) => Promise<unknown>,
  own: readonly (readonly [string, Filters])[],
): Promise<void> {
  const kinds: readonly (readonly [string, Filters])[] = [
    ['of a customer', { customer_id: customerId }],
    ['of what is not deleted', { customer_id: customerId, deleted: false }],
    ['of what is deleted', { customer_id: customerId, deleted: true }],
    ['without a customer', {}],
    ...own,
  ];
  for (const [what, filters] of kinds) {
    const request = { limit: 100, before: undefined, filters: new Map(Object.entries(filters)) };
    await record(`${kind}: list ${what}`, () => read(request));
    await record(`${kind}: list ${what}, a later page`, () =>
      read({ ...request, before: '2026-01-01 00:30:00.000001' }),
    );
  }
}

async function recordOutbox(): Promise<void> {
  const outbox = get(OutboxRepository);
  const ids = async (withPublished: boolean): Promise<string[]> =>
    (await outbox.claim('relay', 100, 30, withPublished)).map(({ id }) => id);
  const claimed = await record('outbox: claim', () => ids(false));
  await record('outbox: claim what the cache waits for', () => ids(true));
  await record('outbox: mark as published', () => outbox.markPublished([claimed[0] ?? '']));
  await record('outbox: release', () => outbox.release(claimed));
  await record('outbox: remove', () => outbox.remove(claimed));
  await record('outbox: keys for the cache', async () => {
    for await (const keys of outbox.pendingCacheKeys()) expect(keys).toBeDefined();
  });
  await record('outbox: backlog', () => outbox.backlog());
  await record('outbox: expire', () => outbox.expire(1));
}

async function recordCascade(): Promise<void> {
  const after = '40000000-0000-0000-0000-000000000000';
  await record('customer deleted: extensions', () => get(ExtensionReader).listAliveIds(customerId, after, 100));
  await record('customer deleted: trunks', () => get(TrunkReader).listAliveIds(customerId, after, 100));
}

async function recordMatch(): Promise<void> {
  const match = get(TrunkMatch);
  const [source, domain] = ['203.0.113.7', 'trunk10'];
  await record('trunk match: with a domain', () => match.find({ source, domain }));
  await record('trunk match: with a user name', () => match.find({ source, domain, username: 'user10' }));
  await record('trunk match: refused', () => match.find({ source: '192.0.2.1', domain }));
  await record('trunk match: in every realm', () => match.find({ source }));
}

async function recordReconcile(): Promise<void> {
  await record('reconcile: tables that agree', () => get(ReconcileService).run({ dryRun: false }));
  await makeDifferences();
  const report = await record('reconcile: differences', () => get(ReconcileService).run({ dryRun: false }));
  expect(report).toMatchObject({ failed: 0, repaired: DIFFERENCES });
}

/**
 * Three of each kind, in the first chunk of their table: the first look-up of each kind is then one of several ids. A
 * look-up of one id has another plan, and the buckets of the digest decide at random what is looked up besides.
 */
const DIFFERENCES = {
  login_missing: 3,
  login_without_record: 6,
  sip_auth_differs: 3,
  sip_auth_without_record: 3,
  contact_without_login: 3,
};

async function makeDifferences(): Promise<void> {
  const { bin, asterisk } = application;
  const records = await bin.rows(`SELECT id, endpoint_id FROM registrar_extensions
    WHERE tm_delete IS NULL ORDER BY id LIMIT 6`);
  for (const [at, { id, endpoint_id: login }] of records.entries()) {
    if (at < 3) await asterisk.run('DELETE FROM ps_auths WHERE id = ?', [String(login)]);
    else
      await bin.run('UPDATE registrar_extensions SET tm_delete = tm_create WHERE id = ?', [uuidToBinary(String(id))]);
  }
  await bin.run(`UPDATE registrar_sip_auths s JOIN (SELECT id FROM registrar_trunks WHERE tm_delete IS NULL
    ORDER BY id LIMIT 3) t ON t.id = s.id SET s.password = 'other'`);
  for (const name of ['!a', '!b', '!c']) {
    const login = `${name}@${customerId}.${BASE_DOMAIN_EXTENSION}`;
    await asterisk.insert('ps_endpoints', { id: login, aors: login, auth: login });
    await asterisk.insert('ps_contacts', { id: name, uri: 'sip:a@203.0.113.9', endpoint: `!${login}` });
  }
}

const flawsOf = ({ table, type, key, extra }: PlanLine): string[] => [
  ...(type === 'ALL' ? [`${table} scanned`] : []),
  ...(type === 'index' ? [`${table} read in the order of ${key}`] : []),
  ...extra.filter((flag) => /^Using (?:filesort|temporary)/.test(flag)).map((flag) => `${table}: ${flag}`),
];

it('have the text and the plan that are kept ("WRITE_DOCUMENTS=1" before the command writes them)', () => {
  const current = [...operations]
    .filter(([, explained]) => explained.length > 0)
    .map(([operation, explained]) =>
      [
        `## ${operation}`,
        ...explained.map(({ statement: { database, text }, plan }) =>
          [`${database}: ${text}`, ...plan.map((line) => `    ${planText(line)}`)].join('\n'),
        ),
      ].join('\n'),
    )
    .join('\n\n');
  if (process.env['WRITE_DOCUMENTS'] === '1') writeFileSync(GOLDEN, `${current}\n`);
  const golden = readFileSync(GOLDEN, 'utf8');
  const comparable = isMariaDb ? golden : golden.replaceAll(/^ {4}.*\n/gm, '');
  expect(`${current}\n`).toBe(comparable);
});

it('read no table and sort nothing without a reason', () => {
  const found = [...operations.values()]
    .flat()
    .flatMap(({ statement: { text }, plan }) => plan.flatMap(flawsOf).map((flaw) => ({ text, flaw })));
  const isExcepted = ({ text, flaw }: { text: string; flaw: string }, one: Exception): boolean =>
    one.statement.test(text) && one.flaw.test(flaw);
  expect(found.filter((one) => !EXCEPTIONS.some((exception) => isExcepted(one, exception)))).toEqual([]);
  if (isMariaDb) expect(EXCEPTIONS.filter((exception) => !found.some((one) => isExcepted(one, exception)))).toEqual([]);
});

import { randomUUID } from 'node:crypto';
import type { TestingModule } from '@nestjs/testing';
import { CreateExtensionDto } from '../../src/extension/extension.dto';
import { ExtensionRepository } from '../../src/extension/extension.repository';
import { ExtensionWriter } from '../../src/extension/extension.writer';
import { BinDatabase } from '../../src/platform/database/source/databases';
import {
  ALIVE_EXTENSION_KEY,
  ALIVE_TRUNK_KEY,
  ALIVE_USERNAME_KEY,
} from '../../src/platform/database/schema/bin.schema';
import { SchemaGuard } from '../../src/platform/database/schema/schema-guard';
import { ServiceError } from '../../src/platform/errors/service-error';
import { CreateTrunkDto } from '../../src/trunk/trunk.dto';
import { TrunkWriter } from '../../src/trunk/trunk.writer';
import { storedLogin } from '../factories/stored-login.factory';
import { Application } from '../support/application';
import { uuidToBinary } from '../support/database';
import { freshDomain } from '../support/world';

const KEYS = [ALIVE_EXTENSION_KEY, ALIVE_USERNAME_KEY, ALIVE_TRUNK_KEY];
const CALLERS = 20;
const customer = randomUUID();
const domain = freshDomain();

let application: Application;
let replica: TestingModule;

/** Living twins as the original could leave them; the keys cannot be had while they are there. */
beforeAll(async () => {
  application = await Application.open({ environment: { DATABASE_POOL_SIZE: '24' } });
  const { bin } = application;
  await bin.run(`ALTER TABLE registrar_extensions DROP KEY ${ALIVE_EXTENSION_KEY}, DROP KEY ${ALIVE_USERNAME_KEY}`);
  await bin.run(`ALTER TABLE registrar_trunks DROP KEY ${ALIVE_TRUNK_KEY}`);
  for (let twin = 0; twin < 2; twin++) {
    const own = { id: uuidToBinary(randomUUID()), customer_id: uuidToBinary(customer), tm_create: '2020-01-01' };
    await bin.insert('registrar_extensions', { ...own, extension: 'twin', username: 'twin', endpoint_id: 'twin@x' });
    await bin.insert('registrar_trunks', { ...own, domain_name: domain, realm: 'twin' });
  }
  replica = await application.start();
});
afterAll(async () => {
  await application.close();
});

const extensionRequest = (extension: string, username = '', customerId = customer): CreateExtensionDto =>
  Object.assign(new CreateExtensionDto(), {
    ...{ customerId, extension, username, password: 'p', domainId: customerId, name: '', detail: '' },
  });

const newExtension = (...request: Parameters<typeof extensionRequest>): Promise<{ id: string }> =>
  replica.get(ExtensionWriter).create(extensionRequest(...request));

const newTrunk = (domainName: string): Promise<{ id: string }> => {
  const request = { customerId: randomUUID(), domainName, name: '', detail: '', username: '', password: '' };
  return replica
    .get(TrunkWriter)
    .create(Object.assign(new CreateTrunkDto(), { ...request, authTypes: [], allowedIps: [] }));
};

async function statuses(attempts: Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const settled of await Promise.allSettled(attempts)) {
    const reason: unknown = settled.status === 'rejected' ? settled.reason : undefined;
    if (reason !== undefined && !(reason instanceof ServiceError))
      throw new Error('a create failed', { cause: reason });
    const status = reason?.status ?? 'created';
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

const times = <T>(make: (index: number) => T): T[] => Array.from({ length: CALLERS }, (_, index) => make(index));
const ONE_WINS = { created: 1, ALREADY_EXISTS: CALLERS - 1 };

describe('while duplicates keep the unique keys away', () => {
  it('the keys are missing', () => {
    expect(KEYS.map((key) => replica.get(SchemaGuard).hasAliveKey(key))).toEqual([false, false, false]);
  });

  it('one of many simultaneous creates of a number wins', async () => {
    const number = (index: number): string => (index % 2 ? 'Front.Desk' : 'front.desk');
    expect(await statuses(times((index) => newExtension(number(index))))).toEqual(ONE_WINS);
    const living = "customer_id = ? AND extension = 'front.desk' AND tm_delete IS NULL";
    expect(await application.bin.count('registrar_extensions', living, [uuidToBinary(customer)])).toBe(1);
    expect(await application.asterisk.count('ps_endpoints')).toBe(1);
  });

  it('one of many simultaneous creates with a user name wins', async () => {
    expect(await statuses(times((index) => newExtension(`5${index}`, 'shared')))).toEqual(ONE_WINS);
  });

  it('one of many simultaneous creates of a trunk domain wins', async () => {
    const name = freshDomain();
    expect(await statuses(times((index) => newTrunk(index % 2 ? name.toUpperCase() : name)))).toEqual(ONE_WINS);
  });

  it('other customers are not held up, and no lock stays behind', async () => {
    expect(await statuses(times(() => newExtension('1', '', randomUUID())))).toEqual({ created: CALLERS });
    expect(await statuses(times(() => newExtension('again')))).toEqual(ONE_WINS);
    const second = application.replicas[0]?.get(ExtensionWriter);
    await expect(second?.create(extensionRequest('again2'))).resolves.toBeDefined();
  });
});

it('the keys come back once the duplicates are gone, and the fallback ends', async () => {
  const { bin } = application;
  await bin.run("DELETE FROM registrar_extensions WHERE extension = 'twin' LIMIT 1");
  await bin.run('DELETE FROM registrar_trunks WHERE domain_name = ? LIMIT 1', [domain]);
  const schema = replica.get(SchemaGuard);
  await schema.ensure(replica.get(BinDatabase));
  expect(schema.isComplete(replica.get(BinDatabase))).toBe(true);
  expect(KEYS.map((key) => schema.hasAliveKey(key))).toEqual([true, true, true]);
  expect(await statuses(times(() => newExtension('last')))).toEqual(ONE_WINS);
});

describe('while the unique keys are there, the look-up before a create', () => {
  const owner = randomUUID();
  const livingId = randomUUID();
  const never = '9999-01-01 00:00:00.000000';

  beforeAll(async () => {
    const { bin } = application;
    const row = { customer_id: uuidToBinary(owner), tm_create: '2020-01-01', endpoint_id: 'x', tm_delete: null };
    await bin.insert('registrar_extensions', {
      ...row,
      id: uuidToBinary(livingId),
      extension: 'École',
      username: 'Ünal',
    });
    const more = { ...row, id: uuidToBinary(randomUUID()) };
    await bin.insert('registrar_extensions', { ...more, extension: 'old', username: 'old-user', tm_delete: never });
    const gone = { ...row, id: uuidToBinary(randomUUID()), tm_delete: '2020-01-02' };
    await bin.insert('registrar_extensions', { ...gone, extension: 'gone', username: 'gone' });
  });

  it.each(['', '&collation=utf8mb4_bin', '&collation=utf8mb4_unicode_ci'])(
    'finds what the keys refuse, over a connection with "%s"',
    async (parameter) => {
      const module = await application.start(false, { DATABASE_DSN_BIN: `${application.bin.dsn()}${parameter}` });
      const extensions = module.get(ExtensionRepository);
      const outcome = (extension: string, username: string, customerId = owner, exceptId?: string): Promise<string> =>
        extensions.assertFree({ customerId, extension, username, endpointId: `${extension}@y` }, exceptId).then(
          () => 'free',
          (error: unknown) => (error as ServiceError).status,
        );
      expect(extensions.mayShareLogins).toBe(false);
      for (const number of ['École', 'école', 'éCOLE', 'OLD'])
        expect([number, await outcome(number, 'other')]).toEqual([number, 'ALREADY_EXISTS']);
      for (const username of ['Ünal', 'üNAL', 'old-USER'])
        expect([username, await outcome('other', username)]).toEqual([username, 'ALREADY_EXISTS']);
      // The keys compare bytes. A number may be another's user name, and other customers have numbers of their own.
      for (const number of ['Ecole', 'Ünal', 'gone', 'École '])
        expect([number, await outcome(number, 'other')]).toEqual([number, 'free']);
      expect(await outcome('École', 'Ünal', randomUUID())).toBe('free');
      expect(await outcome('École', 'Ünal', owner, livingId)).toBe('free');
      expect(await outcome('old', 'Ünal', owner, livingId)).toBe('ALREADY_EXISTS');
      await application.stop(module);
    },
  );

  it('refuses a number whose login Asterisk’s tables take for that of a living record', async () => {
    const { bin, asterisk } = application;
    const holder = randomUUID();
    const login = storedLogin(holder, 'désk', { password: 'of-the-holder' });
    await bin.insert('registrar_extensions', login.extension);
    for (const [table, row] of [
      ['ps_aors', login.aor],
      ['ps_auths', login.auth],
      ['ps_endpoints', login.endpoint],
    ] as const)
      await asterisk.insert(table, row);
    const rows = (): Promise<unknown> =>
      asterisk.row('SELECT * FROM ps_auths WHERE id = ?', [String(login.auth['id'])]);
    const before = await rows();
    const writer = replica.get(ExtensionWriter);
    const other = await writer.create(extensionRequest('disk', '', holder));
    const attempts = [
      () => writer.create(extensionRequest('desk', 'one', holder)),
      () => writer.change(other.id, { extension: 'DESK', username: 'two' }),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ status: 'ALREADY_EXISTS' });
    expect(await rows()).toEqual(before);
  });
});

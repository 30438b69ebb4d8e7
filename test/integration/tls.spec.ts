import { DataSource, type DataSourceOptions } from 'typeorm';
import { Database } from '../../src/platform/database/source/database';
import { dataSourceOptions } from '../../src/platform/database/source/data-source.options';
import { parseDsn } from '../../src/platform/database/source/dsn';
import { tryHold } from '../../src/platform/database/lock/named-lock';
import { createDatabaseIfMissing } from '../../src/platform/database/schema/database-creation';
import { TestDatabase } from '../support/database';
import { backingServers } from '../support/environment';
import { TlsProxy } from '../support/tls-proxy';

let database: TestDatabase;
let proxy: TlsProxy;

beforeAll(async () => {
  const { host, port } = backingServers().sql;
  database = await TestDatabase.create('bin');
  proxy = await TlsProxy.before(host, port);
});
afterAll(async () => {
  await proxy.close();
  await database.drop();
});

function open(parameters: string, port?: number): Database {
  const address = parseDsn(`${database.dsn(port)}&${parameters}`);
  const options = dataSourceOptions('bin', address, 2) as DataSourceOptions;
  return new Database('bin', new DataSource(options), address);
}

it('tls=preferred encrypts every connection when the server offers it', async () => {
  const preferring = open('tls=preferred', proxy.port);
  await preferring.connect();
  await preferring.ping();
  expect(preferring.isPlainForWantOfTls).toBe(false);
  const address = await preferring.address();
  await createDatabaseIfMissing(address);
  await (await tryHold(address, 'test'))?.release();
  await preferring.close();
  expect(proxy.encrypted).toBeGreaterThan(3);
  expect(proxy.plain).toBe(0);
});

it('tls=preferred is plain when the server offers none, and says so', async () => {
  const preferring = open('tls=preferred');
  await preferring.connect();
  await preferring.ping();
  expect(preferring.isPlainForWantOfTls).toBe(true);
  await preferring.close();
});

it('tls=true is not taken back when the server offers none', async () => {
  await expect(open('tls=true').connect()).rejects.toMatchObject({ code: 'HANDSHAKE_NO_SSL_SUPPORT' });
});

it.each(['readTimeout=300ms', 'writeTimeout=300ms&readTimeout=9s'])('%s bounds a piece of work', async (parameters) => {
  const impatient = open(parameters);
  await impatient.connect();
  const startedAt = Date.now();
  await expect(impatient.read((manager) => manager.query('SELECT SLEEP(2)'))).rejects.toMatchObject({
    status: 'UNAVAILABLE',
  });
  expect(Date.now() - startedAt).toBeLessThan(1_500);
  await impatient.close();
});

it('collation reaches the session', async () => {
  const collated = open('collation=utf8mb4_bin');
  await collated.connect();
  const rows: unknown = await collated.read((manager) => manager.query('SELECT @@collation_connection AS name'));
  expect(rows).toEqual([{ name: 'utf8mb4_bin' }]);
  await collated.close();
});

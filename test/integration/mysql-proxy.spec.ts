import mysql from 'mysql2/promise';
import { eventually } from '../support/conditions';
import { backingServers } from '../support/environment';
import { MysqlProxy } from '../support/mysql-proxy';

const REFUSED = { errno: 1105, sqlState: 'HY000', message: 'prohibited' };
let proxy: MysqlProxy;
let connection: mysql.Connection;

const connected = (): Promise<mysql.Connection> => {
  const { user, password } = backingServers().sql;
  return mysql.createConnection({ host: '127.0.0.1', port: proxy.port, user, password });
};
const ask = async (sql: string): Promise<unknown> => (await connection.query<mysql.RowDataPacket[]>(sql))[0][0];

beforeEach(async () => {
  const { host, port } = backingServers().sql;
  proxy = await MysqlProxy.before(host, port);
  connection = await connected();
  connection.on('error', () => undefined);
});
afterEach(async () => {
  connection.destroy();
  await proxy.close();
});

it('lets everything through, and answers what it is told to, as often as it is told', async () => {
  proxy.refuse(/get_lock/i, REFUSED, 1);
  await expect(ask("select get_lock('x', 0) as mine")).rejects.toMatchObject({ errno: 1105, sqlState: 'HY000' });
  expect(await ask("select get_lock('x', 0) as mine")).toEqual({ mine: 1 });
  proxy.answer(/get_lock/i, 'mine', null);
  expect(await ask("select get_lock('x', 0) as mine")).toEqual({ mine: null });
  proxy.answer(/version/i, 'version', '5.5.5-10.5.9-MariaDB');
  expect(await ask('select version() as version')).toEqual({ version: '5.5.5-10.5.9-MariaDB' });
  proxy.restore();
  expect(await ask('select 7 as seven')).toEqual({ seven: 7 });
  expect(proxy.statements.at(-1)).toBe('select 7 as seven');
});

it('swallows the connections there are, and serves new ones', async () => {
  proxy.blackhole();
  const lost = connection;
  let answered = false;
  lost.query('select 1').then(
    () => (answered = true),
    () => undefined,
  );
  connection = await connected();
  connection.on('error', () => undefined);
  await eventually('the new connection', async () => (await ask('select 1 as one')) !== undefined);
  expect(answered).toBe(false);
  lost.destroy();
});

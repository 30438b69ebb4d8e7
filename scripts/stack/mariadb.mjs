// MariaDB (or MySQL) with a data folder of its own. Its init file creates both databases and the login.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, openSync, closeSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accountFor, giveTo, isRoot } from './account.mjs';
import { findExecutable } from './executables.mjs';
import { firstBytes } from './ports.mjs';
import { logTail, spawnServer } from './process.mjs';

export const name = 'mariadb';
export const packageName = 'mariadb-server';
export const portNames = ['port'];
export const startTimeoutMs = 60_000;
export const stopTimeoutMs = 30_000;
export const databases = ['bin_manager', 'asterisk'];

export const executable = () => findExecutable('mariadbd', 'mysqld');

const isMariaDb = (server) =>
  execFileSync(server, ['--no-defaults', '--version'], { encoding: 'utf8' }).includes('Maria');

/** The path of a unix socket has at most 107 characters; the path of a clone may be longer. */
function socketOf(dir) {
  const path = join(dir, 'mariadb', 'mariadb.sock');
  if (path.length < 100) return path;
  return join(tmpdir(), `registrar-${createHash('sha256').update(dir).digest('hex').slice(0, 16)}.sock`);
}

const settingsOf = (dir, settings) => ({
  ...settings,
  host: '127.0.0.1',
  socket: socketOf(dir),
  user: 'registrar',
});

export { settingsOf as settings };

function userArguments(account) {
  if (!isRoot()) return [];
  return [`--user=${account?.name ?? 'root'}`];
}

function initialise(server, dataDir, account, logFile) {
  // The folder gets its name when it is complete, so an interrupted start is repeated.
  const unfinished = `${dataDir}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  giveTo(account, unfinished);
  const log = openSync(logFile, 'a');
  try {
    const [command, args] = isMariaDb(server)
      ? [findExecutable('mariadb-install-db', 'mysql_install_db'), mariaDbInstallation]
      : [server, ['--initialize-insecure']];
    if (!command) throw new Error('mariadb-install-db is missing; it belongs to the package of the server');
    execFileSync(command, ['--no-defaults', ...args, `--datadir=${unfinished}`, ...userArguments(account)], {
      stdio: ['ignore', log, log],
      timeout: 120_000,
    });
  } catch (error) {
    throw new Error(`the data folder of MariaDB could not be made: ${error.message}\n${logTail(logFile)}`, {
      cause: error,
    });
  } finally {
    closeSync(log);
  }
  renameSync(unfinished, dataDir);
}

const mariaDbInstallation = [
  '--auth-root-authentication-method=normal',
  '--skip-test-db',
  '--skip-name-resolve',
  '--force', // works also where the host name cannot be resolved
  '--innodb-log-file-size=32M',
  '--innodb-flush-log-at-trx-commit=0',
];

function initSql({ user, password }) {
  const login = `'${user}'@'%'`;
  return [
    ...databases.map((db) => `create database if not exists ${db} character set utf8mb4 collate utf8mb4_general_ci;`),
    `create user if not exists ${login} identified by '${password}';`,
    `alter user ${login} identified by '${password}';`,
    `grant all privileges on *.* to ${login} with grant option;`,
    '',
  ].join('\n');
}

/** 2 instead of 0: a commit survives SIGKILL of the server, as the fault tests require. */
const cheap = ['--innodb-flush-log-at-trx-commit=2', '--sync-binlog=0', '--innodb-buffer-pool-size=64M'];

function serverArguments(server, { dir, settings, profile, account }) {
  const own = join(dir, 'mariadb');
  const flavour = isMariaDb(server) ? [] : ['--mysqlx=OFF', '--secure-file-priv=NULL'];
  return [
    '--no-defaults',
    `--datadir=${join(own, 'data')}`,
    // A server removes temporary files at start, so it must not share the folder with other servers.
    `--tmpdir=${join(own, 'tmp')}`,
    `--port=${settings.port}`,
    '--bind-address=127.0.0.1',
    `--socket=${settings.socket}`,
    `--pid-file=${join(own, 'mariadb.pid')}`,
    `--init-file=${join(own, 'init.sql')}`,
    '--skip-name-resolve',
    '--max-connections=600',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_general_ci',
    ...flavour,
    ...(profile === 'test' ? cheap : []),
    ...userArguments(account),
  ];
}

export async function launch({ dir, settings, profile, logFile }) {
  const server = executable();
  const own = join(dir, 'mariadb');
  mkdirSync(join(own, 'tmp'), { recursive: true });
  const account = accountFor('mysql', dir);
  giveTo(account, own);
  giveTo(account, join(own, 'tmp'));
  if (!existsSync(join(own, 'data'))) initialise(server, join(own, 'data'), account, logFile);
  const script = join(own, 'init.sql');
  writeFileSync(script, initSql(settings), { mode: 0o600 });
  giveTo(account, script);
  for (const leftover of [settings.socket, `${settings.socket}.lock`]) rmSync(leftover, { force: true });
  const pid = spawnServer(server, serverArguments(server, { dir, settings, profile, account }), { logFile, cwd: own });
  return { pid, isUp: async () => (await firstBytes(settings.port))[4] === 10, realPid: () => pid };
}

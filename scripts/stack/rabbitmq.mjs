// A RabbitMQ node with its own name, ports, folders, cookie and port mapper; it shares nothing with an installed node.
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { accountFor, giveTo } from './account.mjs';
import { entries, findExecutable } from './executables.mjs';
import { firstBytes } from './ports.mjs';
import { identify, isAlive, killHard, spawnServer, waitFor } from './process.mjs';

export const name = 'rabbitmq';
export const packageName = 'rabbitmq-server';
export const portNames = ['port', 'managementPort', 'distributionPort', 'mapperPort'];
export const startTimeoutMs = 90_000;
export const stopTimeoutMs = 30_000;

/** Prefers another script to the one in /usr/sbin: that wrapper changes the account and the log folder. */
export const executable = () =>
  findExecutable(
    '/usr/lib/rabbitmq/bin/rabbitmq-server',
    ...entries('/usr/lib/rabbitmq/lib').map((release) => join(release, 'sbin/rabbitmq-server')),
    '/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server',
    '/usr/local/opt/rabbitmq/sbin/rabbitmq-server',
    'rabbitmq-server',
  );

/** What the node starts. The folder of plugins also has the libraries that they use. */
const STARTED = ['rabbit', 'rabbitmq_prelaunch', 'rabbitmq_management'];

const applicationIn = (folder) => basename(folder).replace(/-\d.*$/, '');
const descriptionIn = (folder) => join(folder, 'ebin', `${applicationIn(folder)}.app`);

/** The applications that this one needs, from its `{applications, [kernel, stdlib, ...]}`. */
function requirementsOf(folder) {
  const text = readFileSync(descriptionIn(folder), 'utf8');
  const lists = [...text.matchAll(/\{(?:included_)?applications,\s*\[([^\]]*)\]/g)];
  return lists.flatMap(([, names]) => names.match(/\w+/g) ?? []);
}

/** The folders of what the node starts, and of all that these applications need beside Erlang; none if one is missing. */
function neededPlugins(folders) {
  const byName = new Map(
    folders.filter((path) => existsSync(descriptionIn(path))).map((path) => [applicationIn(path), path]),
  );
  if (!STARTED.every((application) => byName.has(application))) return [];
  const needed = new Set(STARTED);
  for (const application of needed) {
    for (const other of requirementsOf(byName.get(application))) if (byName.has(other)) needed.add(other);
  }
  return [...needed].map((application) => byName.get(application));
}

/**
 * The start script in a home without the plugins that are not needed: the node looks for each module in the folder of
 * each plugin, which was about half of the processor time of its start (3.10 on Debian 12).
 */
function leanExecutable(own) {
  const program = executable();
  if (/[\s:]/.test(own)) return program; // the start script takes neither in the path of its home
  const home = dirname(dirname(realpathSync(program)));
  const plugins = neededPlugins(entries(join(home, 'plugins')));
  if (plugins.length === 0 || !existsSync(join(home, 'sbin', 'rabbitmq-env'))) return program;
  const lean = join(own, 'home');
  rmSync(lean, { recursive: true, force: true });
  mkdirSync(join(lean, 'plugins'), { recursive: true });
  cpSync(join(home, 'sbin'), join(lean, 'sbin'), { recursive: true });
  for (const path of plugins) symlinkSync(path, join(lean, 'plugins', basename(path)));
  return join(lean, 'sbin', 'rabbitmq-server');
}

const mapper = () => findExecutable('epmd', ...entries('/usr/lib/erlang').map((release) => join(release, 'bin/epmd')));

export const settings = (_dir, settings) => ({ ...settings, host: '127.0.0.1', user: 'guest', password: 'guest' });

const configuration = ({ port, managementPort }) =>
  [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${managementPort}`,
    'disk_free_limit.absolute = 50MB',
    'log.console.level = info',
    '',
  ].join('\n');

// By default the schedulers of Erlang spin while idle; on a small machine that costs more than the broker's work.
const erlang = '+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}';

function environment(own, settings) {
  return {
    PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`,
    HOME: own,
    LANG: 'C.UTF-8',
    ERL_EPMD_PORT: String(settings.mapperPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_USE_LONGNAME: 'true', // a name with an address in it needs no /etc/hosts
    RABBITMQ_NODENAME: `registrar-${settings.port}@127.0.0.1`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(settings.port),
    RABBITMQ_DIST_PORT: String(settings.distributionPort),
    RABBITMQ_MNESIA_BASE: join(own, 'mnesia'),
    RABBITMQ_MNESIA_DIR: join(own, 'mnesia', 'node'),
    RABBITMQ_LOG_BASE: join(own, 'log'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_PID_FILE: join(own, 'rabbitmq.pid'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_CONFIG_FILE: join(own, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(own, 'advanced.config'),
    RABBITMQ_SCHEMA_DIR: join(own, 'schema'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(own, 'config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(own, 'enabled_plugins'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: erlang,
  };
}

function readPid(file) {
  try {
    return Number(readFileSync(file, 'utf8').trim()) || null;
  } catch {
    return null;
  }
}

/** Sends NAMES_REQ of the EPMD protocol: the answer starts with the port number of the mapper. */
async function isMapper(port) {
  const answer = await firstBytes(port, Buffer.from([0, 1, 110]));
  return answer.length >= 4 && answer.readUInt32BE(0) === port;
}

async function launchMapper(own, settings, helper, options) {
  if (isAlive(helper)) return helper;
  const program = mapper();
  if (!program) return null; // the node then starts one itself, on the same port
  const started = identify(
    spawnServer(program, ['-address', '127.0.0.1', '-port', String(settings.mapperPort)], { ...options, cwd: own }),
  );
  const isUp = () => isMapper(settings.mapperPort);
  await waitFor(isUp, { timeoutMs: 10_000, abort: () => !isAlive(started) });
  return started;
}

export async function launch({ dir, settings, logFile, helper }) {
  const own = join(dir, 'rabbitmq');
  mkdirSync(own, { recursive: true, mode: 0o700 });
  writeFileSync(join(own, 'rabbitmq.conf'), configuration(settings));
  writeFileSync(join(own, 'enabled_plugins'), '[rabbitmq_management].\n');
  const pidFile = join(own, 'rabbitmq.pid');
  rmSync(pidFile, { force: true });
  const account = accountFor('rabbitmq', dir);
  const program = leanExecutable(own);
  giveTo(account, own);
  const options = { logFile, env: environment(own, settings), account };
  const mapperProcess = await launchMapper(own, settings, helper, options);
  const pid = spawnServer(program, [], { ...options, cwd: own });
  const isUp = async () => {
    const start = await firstBytes(settings.port, Buffer.from('AMQP\0\0\x09\x01', 'latin1'));
    if (start[0] !== 1) return false;
    const web = await firstBytes(settings.managementPort, 'HEAD / HTTP/1.0\r\n\r\n');
    return web.toString('latin1').startsWith('HTTP/');
  };
  return { pid, isUp, realPid: () => readPid(pidFile), helper: mapperProcess };
}

/** Ends the mapper, and one that the node started in its place (KILL_REQ; refused while nodes are registered). */
export async function endHelper(helper, { mapperPort }) {
  await killHard(helper);
  if (await isMapper(mapperPort)) await firstBytes(mapperPort, Buffer.from([0, 1, 107]));
}

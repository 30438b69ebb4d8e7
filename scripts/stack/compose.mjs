// The same three servers in containers, for machines with a Docker engine but without the packages.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { databases } from './mariadb.mjs';

const FILE = fileURLToPath(new URL('../../compose.yaml', import.meta.url));
const containers = { mariadb: 'mysql', redis: 'redis', rabbitmq: 'rabbitmq' };

export const answers = (command, args) => spawnSync(command, args, { stdio: 'ignore', timeout: 15_000 }).status === 0;

export const composeAnswers = () => answers('docker', ['info']) && answers('docker', ['compose', 'version']);

const projectOf = (dir) => `registrar-${createHash('sha256').update(dir).digest('hex').slice(0, 10)}`;

function docker(dir, state, args, input = '') {
  const ports = Object.fromEntries(Object.entries(state.services).map(([name, { ports }]) => [name, ports]));
  const { status, stdout, stderr } = spawnSync('docker', ['compose', '-p', projectOf(dir), '-f', FILE, ...args], {
    encoding: 'utf8',
    input,
    timeout: 600_000,
    env: {
      ...process.env,
      MYSQL_PASSWORD_OF_ROOT: state.password,
      MYSQL_PORT: String(ports.mariadb?.port ?? ''),
      REDIS_PORT: String(ports.redis?.port ?? ''),
      RABBITMQ_PORT: String(ports.rabbitmq?.port ?? ''),
      RABBITMQ_MANAGEMENT_PORT: String(ports.rabbitmq?.managementPort ?? ''),
    },
  });
  if (status === 0) return stdout;
  throw new Error(`docker compose ${args[0]} failed:\n${String(stderr).trimEnd().split('\n').slice(-15).join('\n')}`);
}

const logins = (password) =>
  [
    `create user if not exists 'registrar'@'%' identified by '${password}';`,
    `grant all privileges on *.* to 'registrar'@'%' with grant option;`,
    ...databases.map((db) => `create database if not exists ${db} character set utf8mb4 collate utf8mb4_general_ci;`),
  ].join('\n');

export async function up(dir, state, names, assignPorts) {
  for (const name of names) if (!state.services[name]) await assignPorts({ name, portNames: portsOf[name] });
  docker(dir, state, ['up', '-d', '--wait', ...names.map((name) => containers[name])]);
  if (!names.includes('mariadb')) return;
  const login = ['exec', '-T', 'mysql', 'sh', '-c', 'MYSQL_PWD="$MYSQL_ROOT_PASSWORD" exec mysql -uroot'];
  docker(dir, state, login, logins(state.password));
}

const portsOf = { mariadb: ['port'], redis: ['port'], rabbitmq: ['port', 'managementPort'] };

export async function down(dir, state, { discard }) {
  docker(dir, state, discard ? ['down', '--volumes', '--timeout', '1'] : ['down']);
}

export const act = (dir, state, verb, name) =>
  docker(dir, state, verb === 'start' ? ['up', '-d', '--wait', containers[name]] : [verb, containers[name]]);

/** The pid is a container's first process as the engine's kernel numbers it, which need not be this machine's. */
export function processOf(dir, state, name) {
  const container = docker(dir, state, ['ps', '-q', containers[name]]).trim();
  if (!container) return { pid: null, alive: false };
  const format = '{{.State.Pid}} {{.State.Running}}';
  const { stdout } = spawnSync('docker', ['inspect', '-f', format, container], { encoding: 'utf8' });
  const [pid, running] = String(stdout).trim().split(' ');
  return { pid: Number(pid), alive: running === 'true' };
}

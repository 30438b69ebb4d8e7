// Asterisk, Kamailio and SIPp from the packages of Debian's unstable suite, since the stable suites have no Asterisk.
// They are extracted into a folder: nothing is installed, nothing is started, and no account needs rights.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { entries, findExecutable } from '../stack/executables.mjs';
import { withLock } from '../stack/lock.mjs';

const run = promisify(execFile);
const SUITE = 'sid';
const PACKAGES = ['asterisk', 'odbc-mariadb', 'kamailio', 'kamailio-mysql-modules', 'sip-tester'];
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** Nothing below these is needed to run the programs. */
const LEFT_OUT = ['doc', 'man', 'locale', 'perl', 'asterisk/sounds'].map((name) => `./usr/share/${name}`);
const INSTALL_MS = 600_000;

const caches = () => process.env.XDG_CACHE_HOME || join(homedir(), '.cache');

/** Shared by all clones of this account. */
export const folder = () => join(caches(), 'registrar-manager', `sip-${SUITE}-${process.arch}`);

/** The mirror from which this machine gets its own packages, or null on a system other than Debian. */
async function mirror() {
  if (!['apt-get', 'dpkg-deb', 'tar'].every((name) => findExecutable(name))) return null;
  const format = '$(LABEL) $(REPO_URI)';
  const { stdout } = await run('apt-get', ['indextargets', '--format', format, 'Identifier: Packages']);
  const targets = stdout.split('\n').map((line) => line.split(' '));
  // Before the first update a target has no label.
  const own = ([label, uri = '']) => label === 'Debian' || (label === '' && /\/debian\/?$/.test(uri));
  return targets.find(own)?.[1] ?? null;
}

/** The options of an apt of its own below `dir`, with no package installed. */
function privateApt(dir, uri) {
  const at = (name) => join(dir, name);
  for (const name of ['lists/partial', 'cache/archives/partial']) mkdirSync(at(name), { recursive: true });
  writeFileSync(at('status'), '');
  // The release file of the suite can be past its date on a mirror.
  const options = ['check-valid-until=no', ...(existsSync(KEYRING) ? [`signed-by=${KEYRING}`] : [])];
  writeFileSync(at('sources.list'), `deb [${options.join(' ')}] ${uri} ${SUITE} main\n`);
  const settings = {
    'Dir::Etc::sourcelist': at('sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State': dir,
    'Dir::State::lists': at('lists'),
    'Dir::State::status': at('status'),
    'Dir::Cache': at('cache'),
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    'Debug::NoLocking': 'true',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

async function download(dir, uri) {
  const options = privateApt(dir, uri);
  const apt = (...args) => run('apt-get', [...options, '-q', ...args], { maxBuffer: 2 ** 26, timeout: INSTALL_MS });
  await apt('update');
  await apt('-y', '--download-only', 'install', ...PACKAGES);
  const archives = join(dir, 'cache', 'archives');
  return readdirSync(archives)
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(archives, name));
}

const extract = (archive, into) =>
  run('sh', [
    '-c',
    'dpkg-deb --fsys-tarfile "$1" | tar -x --no-same-owner -C "$2" $3',
    'sh',
    archive,
    into,
    LEFT_OUT.map((path) => `--exclude=${path}`).join(' '),
  ]);

/** The caller holds the lock, so what a killed installation left is nobody's. */
function removeUnfinished(target) {
  for (const path of entries(dirname(target)))
    if (path.startsWith(`${target}.new-`)) rmSync(path, { recursive: true, force: true });
}

async function install(target, uri) {
  removeUnfinished(target);
  const work = mkdtempSync(`${target}.new-`);
  try {
    const root = join(work, 'root');
    mkdirSync(root);
    for (const archive of await download(join(work, 'apt'), uri)) await extract(archive, root);
    // The folder gets its name when it is complete, so an interrupted installation is repeated.
    rmSync(target, { recursive: true, force: true });
    renameSync(root, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The folder with the programs; null where this system cannot provide them. */
export async function ensurePackages(say) {
  const target = folder();
  if (existsSync(target)) return target;
  const uri = await mirror();
  if (uri === null) return null;
  await withLock(
    `${target}.lock`,
    async () => {
      if (existsSync(target)) return;
      say(`Getting Asterisk, Kamailio and SIPp as packages of Debian ${SUITE} (once; 110 MB) …`);
      await install(target, uri);
    },
    { timeoutMs: INSTALL_MS },
  );
  return target;
}

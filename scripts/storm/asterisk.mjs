// A real Asterisk on the tables of the stack, with the files of docs/sip.md.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { waitFor } from '../stack/process.mjs';

const require = createRequire(import.meta.url);
const { commandOf } = require('../sip/programs.cjs');
const { freeUdpPort } = require('../sip/udp-port.cjs');
const { asteriskStart, asteriskUser, writeAsteriskFiles } = require('../sip/asterisk-files.cjs');

const BOOT_MS = 60_000;
const CONNECTIONS = /max_connections => \d+/;

/** Starts a program of the SIP packages; its output goes to a file. */
export function startProgram(program, args, { env = {}, log, cwd }) {
  const command = commandOf(program, args, env, basename(cwd));
  const child = spawn(command.program, command.args, { env: command.env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) stream.pipe(createWriteStream(log, { flags: 'a' }));
  process.once('exit', () => child.kill('SIGKILL'));
  return child;
}

export class Asterisk {
  #child;
  #folder;

  constructor(folder) {
    this.#folder = folder;
  }

  /** `connections` replaces the number in res_odbc.conf; 0 keeps it. */
  async start(sql, access, connections) {
    this.port = await freeUdpPort();
    const login = { ...access, name: 'asterisk', password: 'storm', sipPort: this.port };
    for (const statement of asteriskUser(login)) await sql.query(statement);
    const changed = (text) => text.replace(CONNECTIONS, `max_connections => ${connections}`);
    writeAsteriskFiles(this.#folder, login, { changes: connections > 0 ? { 'res_odbc.conf': changed } : {} });
    const { args, env } = asteriskStart(this.#folder);
    const options = { env, log: `${this.#folder}.log`, cwd: this.#folder };
    this.#child = startProgram('asterisk', args, options);
    const isUp = () => this.#cli('core waitfullybooted').then((text) => text.includes('fully booted'));
    if (!(await waitFor(isUp, { timeoutMs: BOOT_MS, intervalMs: 200 }))) throw new Error('Asterisk did not start');
  }

  get pid() {
    return this.#child.pid;
  }

  async #cli(line) {
    const command = commandOf('asterisk', ['-C', join(this.#folder, 'asterisk.conf'), '-rx', line], {}, 'storm-cli');
    const child = spawn(command.program, command.args, { env: command.env, stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.on('data', (data) => (text += data));
    await once(child, 'close');
    return text;
  }

  async end() {
    if (!this.#child || this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(__dirname, '../../..');
const END_MS = 5_000;

interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Where Debian keeps the libraries of this machine's kind. */
const TRIPLET = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';

/** The folder that holds `usr/`, empty in a container. */
function installed(): string {
  const given = process.env['SIP_PROGRAMS'];
  if (given === undefined) throw new Error('SIP_PROGRAMS is not set: run these tests with "npm run test:asterisk"');
  return given === 'compose' ? '' : given;
}

export const shared = (path: string): string => join('/', installed(), 'usr/share', path);
export const library = (path: string): string => join('/', installed(), 'usr/lib', TRIPLET, path);

function loader(): string {
  const name = readdirSync(library('.')).find((entry) => entry.startsWith('ld-linux'));
  if (name === undefined) throw new Error(`${library('.')} has no loader`);
  return library(name);
}

function commandOf(program: string, args: readonly string[], env: Record<string, string>, name: string): Command {
  if (installed() === '') {
    const variables = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
    const mount = ['-v', `${tmpdir()}:${tmpdir()}`, '--name', name, ...variables];
    const run = ['compose', '-f', join(root, 'compose.yaml'), '--profile', 'asterisk', 'run', '--rm', '-T'];
    return { program: 'docker', args: [...run, ...mount, 'asterisk', program, ...args], env: process.env };
  }
  const path = ['usr/sbin', 'usr/bin'].map((place) => join(installed(), place, program)).find(existsSync);
  if (path === undefined) throw new Error(`${installed()} has no ${program}`);
  const plugins = { MARIADB_PLUGIN_DIR: library('libmariadb3/plugin') };
  return {
    program: loader(),
    args: ['--library-path', library('.'), path, ...args],
    env: { ...process.env, ...plugins, ...env },
  };
}

/** Runs a program to its end; the status is 0 when it succeeded. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { env = {}, timeoutMs = 20_000 }: { env?: Record<string, string>; timeoutMs?: number } = {},
): Promise<{ readonly status: number; readonly output: string }> {
  const command = commandOf(program, args, env, `sip-${randomUUID()}`);
  try {
    const options = { env: command.env, timeout: timeoutMs, maxBuffer: 2 ** 26 };
    const { stdout, stderr } = await promisify(execFile)(command.program, [...command.args], options);
    return { status: 0, output: `${stdout}${stderr}` };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    return { status: typeof code === 'number' ? code : 1, output: `${stdout}${stderr}${String(error)}` };
  }
}

/** A server in the foreground, with a folder of its own for its files. */
export class SipServer {
  private output = '';
  private child: ChildProcess | undefined;
  readonly folder: string;
  private readonly name: string;

  constructor(private readonly program: string) {
    this.folder = mkdtempSync(join(tmpdir(), `registrar-${program}-`));
    this.name = basename(this.folder).toLowerCase();
  }

  start(args: readonly string[], env: Record<string, string> = {}): void {
    const command = commandOf(this.program, args, env, this.name);
    this.child = spawn(command.program, command.args, { stdio: ['ignore', 'pipe', 'pipe'], env: command.env });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (data: Buffer) => (this.output = `${this.output}${data.toString()}`.slice(-100_000)));
    }
  }

  get log(): string {
    return this.output;
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Ends the process, and keeps the folder so that it can start again. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (!this.isRunning || child === undefined) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    const hard = setTimeout(() => child.kill('SIGKILL'), END_MS);
    await ended;
    clearTimeout(hard);
  }

  async close(): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

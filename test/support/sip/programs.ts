import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const END_MS = 5_000;

interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

const { library, commandOf } = jest.requireActual<{
  library(path: string): string;
  commandOf(program: string, args: readonly string[], env: Record<string, string>, name: string): Command;
}>('../../../scripts/sip/programs.cjs');
export { library };

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
    // The signal ends the client of the container's engine, not the program in the container.
    if (child.spawnfile === 'docker') spawn('docker', ['rm', '-f', this.name], { stdio: 'ignore' });
    const hard = setTimeout(() => child.kill('SIGKILL'), END_MS);
    await ended;
    clearTimeout(hard);
  }

  async close(): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

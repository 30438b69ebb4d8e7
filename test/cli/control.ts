import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { eventually } from '../support/conditions';
import { NODE_ARGUMENTS } from '../support/node-arguments';

export const PROGRAM = resolve(__dirname, '../../dist/cli.js');

// Each test starts many processes, which is slow where several suites share a machine.
jest.setTimeout(180_000);

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
}

export interface Started {
  readonly environment?: Record<string, string>;
  readonly input?: string;
}

/** An operator has no LOG_LEVEL: the command line has a default of its own. */
export function operatorsOwn(environment: Record<string, string>): Record<string, string> {
  return { ...environment, LOG_LEVEL: '' };
}

/** `registrar-control` as another program runs it: in pipes, with nothing of our environment but PATH. */
export class Control {
  readonly pid: number;
  stdout = '';
  stderr = '';
  private readonly startedAt = performance.now();
  private readonly closing: Promise<unknown[]>;
  private readonly child;

  constructor(args: readonly string[], { environment = {}, input = '' }: Started = {}) {
    if (!existsSync(PROGRAM)) throw new Error('dist/cli.js is missing: "npm run build" makes it');
    this.child = spawn(process.execPath, [...NODE_ARGUMENTS, PROGRAM, ...args], {
      cwd: tmpdir(),
      env: { PATH: process.env['PATH'] ?? '', ...environment },
    });
    this.pid = this.child.pid ?? 0;
    this.child.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.closing = once(this.child, 'close');
    this.child.stdin.on('error', () => undefined);
    this.child.stdin.end(input);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async ended(): Promise<Ended> {
    const [code] = (await this.closing) as [number | null];
    return { code, stdout: this.stdout, stderr: this.stderr, elapsedMs: performance.now() - this.startedAt };
  }
}

export function control(args: readonly string[], started: Started = {}): Promise<Ended> {
  return new Control(args, started).ended();
}

/** The result of a command that must succeed. */
export async function result<T = Record<string, unknown>>(args: readonly string[], started: Started = {}): Promise<T> {
  const { code, stdout, stderr } = await control(args, started);
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

/**
 * `registrar-control` in a real pseudo-terminal. util-linux's `script` makes it: every Debian has it, it needs no compiler
 * and no native module, and it hands the exit code on.
 */
export class Keyboard {
  screen = '';
  private readonly child;
  private readonly closing: Promise<unknown[]>;

  constructor(args: readonly string[], environment: Record<string, string>, columns = 100) {
    const words = [process.execPath, ...NODE_ARGUMENTS, PROGRAM, ...args];
    const command = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    this.child = spawn('script', ['-qfec', `stty cols ${columns}; exec ${command}`, '/dev/null'], {
      cwd: tmpdir(),
      env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', SHELL: '/bin/sh', ...environment },
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.screen += chunk.toString()));
    }
    this.closing = once(this.child, 'close');
  }

  /** Waits until the screen shows a text after everything typed so far, then types. */
  async answer(question: string, text: string): Promise<void> {
    await this.shows(question);
    this.screen = '';
    this.child.stdin.write(text);
  }

  async shows(text: string): Promise<void> {
    await eventually(`"${text}" on the screen`, () => this.screen.includes(text), { timeoutMs: 30_000 }).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}\n${this.screen}`);
      },
    );
  }

  async ended(): Promise<{ code: number | null; screen: string }> {
    const [code] = (await this.closing) as [number | null];
    return { code, screen: this.screen };
  }
}

/** What is on the screen at the end of a command that asks nothing. */
export function onTerminal(
  args: readonly string[],
  environment: Record<string, string>,
  columns?: number,
): Promise<{ code: number | null; screen: string }> {
  return new Keyboard(args, environment, columns).ended();
}

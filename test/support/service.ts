import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from './conditions';
import { NODE_ARGUMENTS } from './node-arguments';
import { freePort } from './ports';

const PROGRAM = resolve(process.env['REGISTRAR_DIST'] ?? resolve(__dirname, '../../dist'), 'main.js');

/** A line that the service wrote. Most lines are never looked into. */
export class LogLine {
  private read: Record<string, unknown> | null | undefined;

  constructor(readonly text: string) {}

  /** Undefined when the line is not JSON. */
  get fields(): Record<string, unknown> | undefined {
    if (this.read === undefined) this.read = parsed(this.text) ?? null;
    return this.read ?? undefined;
  }
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** One replica: `node dist/main.js` as an operator runs it. */
export class ServiceProcess {
  readonly stdout: LogLine[] = [];
  readonly log: LogLine[] = [];
  private exit: Exit | undefined;

  private constructor(
    private readonly child: ChildProcess,
    readonly httpAddress: string,
  ) {
    for (const [stream, lines] of [
      [child.stdout, this.stdout],
      [child.stderr, this.log],
    ] as const) {
      if (stream) createInterface({ input: stream }).on('line', (text) => lines.push(new LogLine(text)));
    }
    // Not 'exit': the last log lines come after it.
    child.once('close', (code, signal) => (this.exit = { code, signal }));
  }

  /** Starts a process without waiting for it. Of the environment of the test, it gets PATH only. */
  static async spawn(environment: Record<string, string>, flags: readonly string[] = []): Promise<ServiceProcess> {
    if (!existsSync(PROGRAM)) throw new Error('dist/main.js is missing: "npm run build" makes it');
    const listen = environment['PROMETHEUS_LISTEN_ADDRESS'] ?? `127.0.0.1:${await freePort()}`;
    const child = spawn(process.execPath, [...NODE_ARGUMENTS, PROGRAM, ...flags], {
      // No .env file lies there.
      cwd: tmpdir(),
      env: { PATH: process.env['PATH'] ?? '', PROMETHEUS_LISTEN_ADDRESS: listen, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new ServiceProcess(child, `http://${listen}`);
  }

  static async start(environment: Record<string, string>, flags: readonly string[] = []): Promise<ServiceProcess> {
    const service = await ServiceProcess.spawn(environment, flags);
    await service.untilReady();
    return service;
  }

  async untilReady(): Promise<void> {
    let health = '';
    await eventually(
      'the service being ready',
      async () => {
        if (this.exit) throw new Error(`it ended with ${JSON.stringify(this.exit)}:\n${this.logText().slice(-4000)}`);
        const { status, text } = await this.get('/health/ready');
        health = text;
        return status === 200;
      },
      { timeoutMs: 30_000 },
    ).catch((error: unknown) => {
      this.child.kill('SIGKILL');
      throw new Error(`${String(error)}\n${health}\n${this.logText().slice(-4000)}`);
    });
  }

  get running(): boolean {
    return this.exit === undefined;
  }

  logText(): string {
    return [...this.log, ...this.stdout].map((line) => line.text).join('\n');
  }

  async get(path: string): Promise<{ status: number; text: string; contentType: string }> {
    const response = await fetch(`${this.httpAddress}${path}`);
    const contentType = response.headers.get('content-type') ?? '';
    return { status: response.status, text: await response.text(), contentType };
  }

  /** The sum of the series of a metric that have all these labels. */
  async metric(name: string, labels: Record<string, string> = {}): Promise<number> {
    const { text } = await this.get('/metrics');
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async ended(timeoutMs = 20_000): Promise<Exit> {
    return eventually('the service having ended', () => this.exit, { timeoutMs }).catch((error: unknown) => {
      this.child.kill('SIGKILL');
      throw new Error(`${String(error)}\n${this.logText().slice(-4000)}`);
    });
  }

  async stop(): Promise<Exit> {
    this.signal('SIGTERM');
    return this.ended();
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended();
  }
}

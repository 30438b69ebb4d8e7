import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const PROGRAM = resolve(__dirname, '../../../scripts/stack.mjs');
const run = promisify(execFile);

type Service = 'mariadb' | 'redis' | 'rabbitmq';
type Status = Record<Service, { readonly pid: number | null }>;

interface State {
  readonly services: {
    readonly rabbitmq: { readonly ports: { readonly port: number; readonly mapperPort: number } };
  };
}

/** Servers of one test file's own, to be stopped, killed, paused and set up differently. */
export class PrivateStack {
  private readonly dir = realpathSync(mkdtempSync(join(tmpdir(), 'registrar-fault-')));
  private status!: Status;
  private readonly paused = new Set<Service>();

  /** From here on the test file's support code speaks to these servers; the others are those of the run. */
  static async up(...services: readonly Service[]): Promise<PrivateStack> {
    const stack = new PrivateStack();
    try {
      stack.status = await stack.command<Status>('up', '--profile', 'test', '--only', services.join(','));
      Object.assign(process.env, await stack.command<Record<string, string>>('env'));
      return stack;
    } catch (error) {
      await stack.down();
      throw error;
    }
  }

  async stop(service: Service): Promise<void> {
    await this.command('stop', service);
  }

  async kill(service: Service): Promise<void> {
    await this.command('kill', service);
  }

  async start(service: Service): Promise<void> {
    this.status = await this.command<Status>('start', service);
  }

  /** The server hangs, with everything it holds. */
  pause(service: Service): void {
    this.signal(service, 'SIGSTOP');
    this.paused.add(service);
  }

  resume(service: Service): void {
    this.signal(service, 'SIGCONT');
    this.paused.delete(service);
  }

  /** The broker's own tool. */
  async rabbitmqctl(...args: string[]): Promise<void> {
    const state = JSON.parse(readFileSync(join(this.dir, 'state.json'), 'utf8')) as State;
    const { port, mapperPort } = state.services.rabbitmq.ports;
    await run('/usr/lib/rabbitmq/bin/rabbitmqctl', args, {
      env: {
        PATH: process.env['PATH'],
        HOME: join(this.dir, 'rabbitmq'),
        ERL_EPMD_PORT: String(mapperPort),
        RABBITMQ_USE_LONGNAME: 'true',
        RABBITMQ_NODENAME: `registrar-${port}@127.0.0.1`,
      },
    });
  }

  async down(): Promise<void> {
    for (const service of this.paused) this.signal(service, 'SIGCONT');
    await this.command('down', '--discard');
    rmSync(this.dir, { recursive: true, force: true });
  }

  private signal(service: Service, signal: NodeJS.Signals): void {
    const { pid } = this.status[service];
    if (pid === null) throw new Error(`${service} does not run`);
    process.kill(pid, signal);
  }

  private async command<T>(...args: string[]): Promise<T> {
    const { stdout } = await run(process.execPath, [PROGRAM, ...args, '--dir', this.dir, '--json']);
    return JSON.parse(stdout) as T;
  }
}

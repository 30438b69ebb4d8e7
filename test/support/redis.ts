import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Redis from 'ioredis';
import { backingServers } from './environment';
import { eventually } from './conditions';
import { freePort, isListening } from './ports';

/** A database index for each jest worker: a worker runs one file at a time, so the file has the database alone. */
export const REDIS_DATABASE = Number(process.env['JEST_WORKER_ID'] ?? '1') % 16;

export function openRedis(
  address: { host: string; port: number } = backingServers().redis,
  database = REDIS_DATABASE,
): Redis {
  return new Redis({ ...address, db: database, lazyConnect: false });
}

/** A Redis server for one test, which can stop and start it. */
export class PrivateRedis {
  private process: ChildProcess | undefined;
  /** A folder for this server alone: a Redis replica writes a dump there, which the next server would load. */
  private dir = '';

  private constructor(
    readonly port: number,
    private readonly options: readonly string[],
  ) {}

  static async start(options: readonly string[] = []): Promise<PrivateRedis> {
    const redis = new PrivateRedis(await freePort(), options);
    await redis.start();
    return redis;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const program = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0);
    if (!program) throw new Error('neither redis-server nor valkey-server is installed');
    const common = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', ''];
    this.dir = mkdtempSync(join(tmpdir(), 'registrar-manager-redis-'));
    this.process = spawn(program, [...common, ...this.options], { stdio: 'ignore', cwd: this.dir });
    await eventually('redis listening', () => isListening(this.port));
  }

  async command(name: string, ...values: string[]): Promise<void> {
    const client = new Redis({ port: this.port });
    await client.call(name, ...values);
    client.disconnect();
  }

  /** Every key of every database, without probe keys. */
  async keys(): Promise<string[]> {
    const client = new Redis({ port: this.port });
    const keys = [];
    for (let database = 0; database < 16; database++) {
      await client.select(database);
      keys.push(...(await client.keys('*')));
    }
    client.disconnect();
    return keys.filter((key) => !key.endsWith(':probe'));
  }

  get running(): boolean {
    return this.process !== undefined;
  }

  /** Stops the process without losing its entries; `resume` continues it. */
  suspend(): void {
    this.process?.kill('SIGSTOP');
  }

  resume(): void {
    this.process?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    const running = this.process;
    this.process = undefined;
    if (!running || running.exitCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
    rmSync(this.dir, { recursive: true, force: true });
  }
}

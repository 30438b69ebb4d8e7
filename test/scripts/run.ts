import { execFile } from 'node:child_process';
import { cp, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(__dirname, '..', '..');

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program of this repository to its end, without a terminal. */
export function run(
  script: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Outcome> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [script, ...args],
      { cwd: options.cwd ?? root, env: options.env ?? process.env, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => done({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
    child.stdin?.end();
  });
}

export interface Server {
  pid: number | null;
  alive: boolean;
  host: string;
  port: number;
  log: string;
}

export interface Status {
  mariadb: Server & { socket: string; user: string; password: string };
  redis: Server;
  rabbitmq: Server & { managementPort: number; user: string; password: string };
}

export async function stack(dir: string, ...args: string[]): Promise<Partial<Status>> {
  const outcome = await run(join(root, 'scripts', 'stack.mjs'), [...args, '--dir', dir, '--json']);
  if (outcome.code !== 0) throw new Error(outcome.stderr);
  return JSON.parse(outcome.stdout) as Partial<Status>;
}

export async function temporaryFolder(): Promise<{ dir: string; remove: () => Promise<void> }> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'registrar-scripts-')));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

export const copyScripts = (to: string): Promise<void> =>
  cp(join(root, 'scripts'), join(to, 'scripts'), { recursive: true });

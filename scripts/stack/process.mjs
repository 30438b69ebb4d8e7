// Server processes: starts them detached, identifies them later, waits for them, ends them.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readdirSync } from 'node:fs';

const hasProc = existsSync('/proc/self/stat');

/** Distinguishes a process from a later one with the same pid; null when it is gone or a zombie. */
export function birthOf(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  try {
    if (!hasProc) return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // While other threads of a killed process are still ending, its ports are not free.
    const isDead = (fields[0] === 'Z' || fields[0] === 'X') && readdirSync(`/proc/${pid}/task`).length < 2;
    return isDead ? null : fields[19];
  } catch {
    return null;
  }
}

export const identify = (pid) => ({ pid, birth: birthOf(pid) });

export const isAlive = (identity) => typeof identity?.birth === 'string' && birthOf(identity.pid) === identity.birth;

/** Starts a server in a session of its own, so that neither the end of this process nor Ctrl-C ends it. */
export function spawnServer(command, args, { logFile, env = process.env, cwd, account }) {
  const log = openSync(logFile, 'a');
  try {
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', log, log],
      env,
      cwd,
      ...(account ? { uid: account.uid, gid: account.gid } : {}),
    });
    child.on('error', () => {});
    child.unref();
    return child.pid;
  } finally {
    closeSync(log);
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls until the condition returns a truthy value, and returns it; null after the timeout or when `abort` is true. */
export async function waitFor(condition, { timeoutMs, intervalMs = 40, abort = () => false }) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() >= deadline || abort()) return null;
    await pause(intervalMs);
  }
}

export function signal(pid, name) {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}

export async function killHard(identity) {
  if (!isAlive(identity)) return;
  signal(identity.pid, 'SIGKILL');
  if (!(await waitFor(() => !isAlive(identity), { timeoutMs: 10_000, intervalMs: 10 })))
    throw new Error(`process ${identity.pid} does not end, not even on SIGKILL`);
}

export async function terminate(identity, { timeoutMs }) {
  if (!isAlive(identity)) return;
  signal(identity.pid, 'SIGTERM');
  // A stopped process gets the SIGTERM only when it continues.
  signal(identity.pid, 'SIGCONT');
  if (await waitFor(() => !isAlive(identity), { timeoutMs })) return;
  await killHard(identity);
}

export function logTail(file, lines = 25) {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log was written)';
  }
}

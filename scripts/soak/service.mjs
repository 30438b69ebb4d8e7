// One replica of the service under test.
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../stack/ports.mjs';
import { spawnAsInImage } from '../service-process.mjs';
import { waitFor } from '../stack/process.mjs';

const READY_TIMEOUT_MS = 60_000;

/** `VmRSS` is the resident memory of now, `VmHWM` the most it has been. Zero for a process that has ended. */
export function residentMegabytes(pid, field = 'VmRSS') {
  try {
    const [, kilobytes] = new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0;
  }
}

export class Replica {
  #environment;
  #program;
  #log;
  #child = null;
  #address = '';
  /** Unexpected ends. */
  surprises = [];
  peakMegabytes = 0;

  constructor(program, environment, logFile) {
    this.#program = program;
    this.#environment = environment;
    this.#log = createWriteStream(logFile, { flags: 'a' });
    process.once('exit', () => this.#child?.kill('SIGKILL')); // an interrupted soak leaves no replica running
  }

  async start() {
    const listen = `127.0.0.1:${await freePort()}`;
    this.#address = `http://${listen}`;
    const child = spawnAsInImage(join(this.#program, 'main.js'), [], {
      environment: { ...this.#environment, PROMETHEUS_LISTEN_ADDRESS: listen },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.pipe(this.#log, { end: false });
    child.once('exit', (code, signal) => {
      if (!child.isAwaited) this.surprises.push(`ended by itself with ${signal ?? code}`);
    });
    this.#child = child;
  }

  /** True when the replica is ready; false when it did not become ready in time. */
  async untilReady() {
    return (await waitFor(() => this.isReady(), { timeoutMs: READY_TIMEOUT_MS, intervalMs: 100 })) === true;
  }

  async isReady() {
    return fetch(`${this.#address}/health/ready`, { signal: AbortSignal.timeout(2_000) }).then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  async metrics() {
    return (await fetch(`${this.#address}/metrics`)).text();
  }

  async end(signal) {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.isAwaited = true;
    const exited = once(child, 'exit');
    child.kill(signal);
    const [code, by] = await exited;
    // An end by the signal itself is fine: the process did not listen for it yet, and so had taken no request.
    if (signal === 'SIGTERM' && by !== signal && code !== 0) this.surprises.push(`ended a shutdown with ${code}`);
  }

  get pid() {
    return this.#child.pid;
  }

  get memoryMegabytes() {
    const megabytes = Math.round(residentMegabytes(this.#child.pid));
    this.peakMegabytes = Math.max(this.peakMegabytes, megabytes);
    return megabytes;
  }
}

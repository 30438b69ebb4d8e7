// The command compares and repairs the million while callers read; a repair is interrupted and goes on.
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { spawnAsInImage } from '../service-process.mjs';
import { residentMegabytes } from '../soak/service.mjs';
import { readsOn, shares, windows } from './reads.mjs';
import { bigCustomer, sampleOf } from './sample.mjs';
import { DOMAINS } from './sizes.mjs';

const POLL_MS = 200;
const REPAIRED_PART = 0.4;
/** The exit status of a command that was interrupted. */
const INTERRUPTED = 1;

/** A third of the records loses its credential, a third has another password for Kamailio, and strangers get rows. */
async function damage({ sql, databases: { bin, asterisk } }, count) {
  const records = await sampleOf(sql, `${bin}.registrar_extensions`, 'extension', await bigCustomer(sql), count);
  for (const [n, { id, customer, extension }] of records.entries()) {
    const realm = `${customer}.${DOMAINS.extension}`;
    if (n % 3 === 0) await sql.query(`DELETE FROM ${asterisk}.ps_auths WHERE id = ?`, [`${extension}@${realm}`]);
    else if (n % 3 === 1)
      await sql.query(`UPDATE ${bin}.registrar_sip_auths SET password = 'other' WHERE id = UNHEX(?)`, [
        id.replaceAll('-', ''),
      ]);
    else await sql.query(`INSERT INTO ${asterisk}.ps_endpoints (id) VALUES (?)`, [`stranger${n}@${realm}`]);
  }
}

/** One run of the command, its output in pipes. */
class Run {
  #child;
  #startedAt = performance.now();
  #told = this.#startedAt;
  idleMegabytes = 0;
  peakMegabytes = 0;
  longestSilence = 0;
  lines = '';
  report = '';

  constructor(program, environment, flags) {
    this.#child = spawnAsInImage(join(program, 'cli.js'), ['reconcile', ...flags], {
      environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    process.once('exit', () => this.#child.kill('SIGKILL'));
    this.#child.stdout.on('data', (data) => (this.report += data));
    this.#child.stderr.on('data', (data) => this.#note(data));
  }

  get seconds() {
    return (performance.now() - this.#startedAt) / 1_000;
  }

  interrupt() {
    this.#child.kill('SIGINT');
  }

  /** Returns what is worth reporting once the command has ended. Throws when it ended otherwise than `expected`. */
  async ended(expected = 0) {
    const closed = once(this.#child, 'close');
    await this.#watch();
    const [code] = await closed;
    this.#note('');
    const { seconds, idleMegabytes, peakMegabytes, longestSilence } = this;
    if (code !== expected) throw new Error(`the command ended with ${code}:\n${this.lines}`);
    return { seconds, idleMegabytes, peakMegabytes, longestSilence };
  }

  /** With the first line the command has loaded and connected, and has hardly read. */
  #note(text) {
    if (this.lines === '' && text !== '') this.idleMegabytes = residentMegabytes(this.#child.pid);
    this.lines += text;
    const now = performance.now();
    this.longestSilence = Math.max(this.longestSilence, (now - this.#told) / 1_000);
    this.#told = now;
  }

  async #watch() {
    while (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.peakMegabytes = Math.max(this.peakMegabytes, residentMegabytes(this.#child.pid, 'VmHWM'));
      await pause(POLL_MS);
    }
  }
}

const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);

export async function reconcile(installation, program, { damaged, turns = 2, say }) {
  const start = (...flags) => new Run(program, installation.environment, flags);
  const read = await readsOn(installation);
  await damage(installation, damaged);
  await windows(read, 1);
  const before = await windows(read, turns);
  const comparison = start('--dry-run', '--from-start');
  let isOver = false;
  const comparing = comparison.ended().finally(() => (isOver = true));
  const [compared, during] = await Promise.all([comparing, windows(read, Infinity, () => isOver)]);
  const after = await windows(read, turns);
  const found = sum(JSON.parse(comparison.report).found);
  say(`compared in ${compared.seconds.toFixed(0)} s: ${found} differences`);

  const first = start('--from-start');
  setTimeout(() => first.interrupt(), compared.seconds * REPAIRED_PART * 1_000);
  const { seconds: secondsBefore } = await first.ended(INTERRUPTED);
  const second = start();
  const { seconds: secondsAfter } = await second.ended();
  const repaired = sum(JSON.parse(second.report).repaired);
  const wentOn = second.lines.includes('Going on');
  say(`repaired ${repaired} in ${secondsBefore.toFixed(0)} s and, after an interruption, ${secondsAfter.toFixed(0)} s`);
  const reads = shares({ alone: [before, after], beside: [during] });
  return { damaged, found, ...compared, repaired, wentOn, secondsBefore, secondsAfter, reads };
}

import type { Terminal } from './terminal';

const BAR = 24;
const REDRAW_EVERY_MS = 100;

/** A progress bar with rate and time left; on a terminal only. */
export class Progress {
  private done = 0;
  private readonly startedAt = performance.now();
  private drawnAt = -Infinity;

  constructor(
    private readonly terminal: Terminal,
    private readonly total: number,
  ) {}

  advance(): void {
    this.done++;
    const now = performance.now();
    if (!this.terminal.showsProgress || (now - this.drawnAt < REDRAW_EVERY_MS && this.done < this.total)) return;
    this.drawnAt = now;
    process.stderr.write(`\r${this.line(now)}\u001b[K`);
  }

  end(): void {
    if (this.terminal.showsProgress && this.drawnAt > -Infinity) process.stderr.write('\n');
  }

  private line(now: number): string {
    const seconds = Math.max(0.001, (now - this.startedAt) / 1000);
    const rate = this.done / seconds;
    const filled = Math.round((BAR * this.done) / this.total);
    const left = Math.ceil((this.total - this.done) / rate);
    return `[${'#'.repeat(filled).padEnd(BAR, '.')}] ${this.done}/${this.total}  ${rate.toFixed(1)}/s  ${left} s left`;
  }
}

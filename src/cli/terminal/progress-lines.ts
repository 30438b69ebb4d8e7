import type { Terminal } from './terminal';

const EVERY_MS = 3_000;

/** Tells every few seconds how far a long command is, also when stderr is a pipe; not with `--quiet`. */
export class ProgressLines {
  private toldAt = performance.now();

  constructor(private readonly terminal: Terminal) {}

  tell(line: () => string): void {
    const now = performance.now();
    if (now - this.toldAt < EVERY_MS) return;
    this.toldAt = now;
    this.terminal.say(line());
  }
}

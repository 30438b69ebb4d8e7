import { styleText } from 'node:util';

type Tone = 'red' | 'green' | 'yellow' | 'bold' | 'dim';

const MIN_WIDTH = 40;
const DEFAULT_WIDTH = 80;

/** Where a command reads from and writes to: results on stdout, everything else on stderr. */
export class Terminal {
  isQuiet = false;
  /** A program may read stdout and stderr as one, and take what has a severity for a log line. */
  speaksJson = false;
  /** The stream knows NO_COLOR, FORCE_COLOR, CI and TERM. */
  private readonly usesColour = process.stdout.isTTY && process.stdout.hasColors();

  constructor() {
    // A reader that has seen enough (`| head`) is no failure.
    process.stdout.on('error', ignoreClosedPipe);
    process.stderr.on('error', ignoreClosedPipe);
  }

  /** A person can be asked. */
  get isInteractive(): boolean {
    return process.stdin.isTTY && process.stderr.isTTY;
  }

  /** A person reads the results, not a program. */
  get showsResults(): boolean {
    return process.stdout.isTTY;
  }

  /** A person reads the errors. */
  get showsErrors(): boolean {
    return process.stderr.isTTY;
  }

  /** A person reads what is told beside the results. */
  get showsProgress(): boolean {
    return this.showsErrors && !this.isQuiet;
  }

  get width(): number {
    return Math.max(MIN_WIDTH, process.stdout.isTTY ? process.stdout.columns || DEFAULT_WIDTH : DEFAULT_WIDTH);
  }

  /** A result. */
  print(text: string): void {
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** Waits until what was printed has left, so that a long result does not pile up in memory. */
  async printAll(text: string): Promise<void> {
    if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }

  /** Until all that was written has left the process. */
  async flush(): Promise<void> {
    for (const stream of [process.stdout, process.stderr]) {
      await new Promise<void>((resolve) => stream.write('', () => resolve()));
    }
  }

  /** For the operator, beside the result; not with `--quiet`. */
  say(text: string): void {
    if (!this.isQuiet) this.tell('INFO', text, text);
  }

  /** Part of a question, so told even with `--quiet`. */
  ask(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** Something the operator should know and may go on with. */
  warn(text: string): void {
    if (!this.isQuiet) this.tell('WARNING', text, `Warning: ${text}`);
  }

  /** Why it did not work; told even with `--quiet`. */
  fail(lines: readonly string[]): void {
    const [first, ...rest] = lines;
    if (first !== undefined) process.stderr.write([`Error: ${first}`, ...rest, ''].join('\n'));
  }

  private tell(severity: string, message: string, line: string): void {
    const isForProgram = this.speaksJson && !this.showsErrors;
    process.stderr.write(`${isForProgram ? JSON.stringify({ severity, message }) : line}\n`);
  }

  tone(tone: Tone, text: string): string {
    return this.usesColour ? styleText(tone, text) : text;
  }
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

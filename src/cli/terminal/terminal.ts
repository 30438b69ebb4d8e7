import { styleText } from 'node:util';

type Tone = 'red' | 'green' | 'yellow' | 'bold' | 'dim';

const MIN_WIDTH = 40;
const DEFAULT_WIDTH = 80;

/** The input and output of a command: results go to stdout, everything else to stderr. */
export class Terminal {
  isQuiet = false;
  /**
   * Results are JSON. Messages are then JSON too, unless stderr is a terminal: a program may read both streams as one
   * and take objects with a `severity` for log lines.
   */
  speaksJson = false;
  /** `hasColors` honours NO_COLOR, FORCE_COLOR, CI and TERM. */
  private readonly usesColour = process.stdout.isTTY && process.stdout.hasColors();

  constructor() {
    // A reader that closes the pipe early, such as `head`, is no failure.
    process.stdout.on('error', ignoreClosedPipe);
    process.stderr.on('error', ignoreClosedPipe);
  }

  /** True when a person can be asked. */
  get isInteractive(): boolean {
    return process.stdin.isTTY && process.stderr.isTTY;
  }

  /** True when a person reads the results. */
  get showsResults(): boolean {
    return process.stdout.isTTY;
  }

  /** True when a person reads the errors. */
  get showsErrors(): boolean {
    return process.stderr.isTTY;
  }

  /** True when a person reads stderr and --quiet is not given. */
  get showsProgress(): boolean {
    return this.showsErrors && !this.isQuiet;
  }

  get width(): number {
    return Math.max(MIN_WIDTH, process.stdout.isTTY ? process.stdout.columns || DEFAULT_WIDTH : DEFAULT_WIDTH);
  }

  /** Prints a result. */
  print(text: string): void {
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** Prints a long result; waits while the stream is full, so that the text does not fill memory. */
  async printAll(text: string): Promise<void> {
    if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }

  /** Waits until everything written has left the process. */
  async flush(): Promise<void> {
    for (const stream of [process.stdout, process.stderr]) {
      await new Promise<void>((resolve) => stream.write('', () => resolve()));
    }
  }

  /** A message for the operator; not with `--quiet`. */
  say(text: string): void {
    if (!this.isQuiet) this.tell('INFO', text, text);
  }

  /** Part of a question; printed even with `--quiet`. */
  ask(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** A warning for the operator; not with `--quiet`. */
  warn(text: string): void {
    if (!this.isQuiet) this.tell('WARNING', text, `Warning: ${text}`);
  }

  /** The reason of a failure; printed even with `--quiet`. */
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

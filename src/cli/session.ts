import type { Needs } from './needs';
import type { Services } from './services';
import { Output, type OutputOptions } from './terminal/output';
import { CommandError } from './terminal/exit-code';
import { Prompt } from './terminal/prompt';
import { type Entry, renderDetail } from './terminal/table';
import type { Terminal } from './terminal/terminal';

/** What a command works with: the terminal, and the service's modules once the command opens them. */
export class Session {
  readonly output: Output;
  readonly prompt: Prompt;
  private end: (() => Promise<void>) | undefined;

  constructor(
    readonly terminal: Terminal,
    options: OutputOptions,
    private readonly configFlags: ReadonlyMap<string, string>,
  ) {
    this.output = new Output(terminal, options);
    this.prompt = new Prompt(terminal);
  }

  /** Throws `Unreachable` within seconds when a dependency that is needed does not answer. */
  async open(needs: Needs): Promise<Services> {
    // Loaded here: what answers --help must not wait for drivers.
    const { start } = await import('./services.js');
    const { connect, finish } = await start(this.configFlags, this.terminal);
    this.end = finish;
    return connect(needs);
  }

  /** Asks a person before what cannot be undone. A program that calls has asked already. */
  async confirm(force: boolean | undefined, question: string, refusal: string): Promise<void> {
    if (force === true || !this.terminal.isInteractive) return;
    if (!(await this.prompt.confirm(question))) throw new CommandError(refusal);
  }

  /** Shows what would be deleted, then asks. */
  async confirmDeletion(
    what: string,
    force: boolean | undefined,
    show: () => Promise<readonly Entry[]>,
  ): Promise<void> {
    if (force !== true && this.terminal.isInteractive) this.terminal.ask(renderDetail(await show()));
    await this.confirm(force, `Delete this ${what}?`, 'nothing was deleted');
  }

  /** Sends what is still to be sent, then closes the connections. */
  async close(): Promise<void> {
    await this.end?.();
  }
}

import type { Needs } from './needs';
import type { Services } from './services';
import { Output, type OutputOptions } from './terminal/output';
import { CommandError } from './terminal/exit-code';
import { Prompt } from './terminal/prompt';
import { type Entry, renderDetail } from './terminal/table';
import type { Terminal } from './terminal/terminal';

/** The terminal of a command, and the modules of the service once the command opens them. */
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

  /** Throws `Unreachable` within seconds when a required dependency does not answer. */
  async open(needs: Needs): Promise<Services> {
    // Loaded here: --help must not wait for the drivers.
    const { start } = await import('./services.js');
    const { connect, finish } = await start(this.configFlags, this.terminal);
    this.end = finish;
    return connect(needs);
  }

  /** Asks a person to confirm what cannot be undone. Without a terminal it does not ask. */
  async confirm(force: boolean | undefined, question: string, refusal: string): Promise<void> {
    if (force === true || !this.terminal.isInteractive) return;
    if (!(await this.prompt.confirm(question))) throw new CommandError(refusal);
  }

  /** Shows the resource, then asks whether to delete it. */
  async confirmDeletion(
    what: string,
    force: boolean | undefined,
    show: () => Promise<readonly Entry[]>,
  ): Promise<void> {
    if (force !== true && this.terminal.isInteractive) this.terminal.ask(renderDetail(await show()));
    await this.confirm(force, `Delete this ${what}?`, 'nothing was deleted');
  }

  /** Sends waiting events, then closes the connections. */
  async close(): Promise<void> {
    await this.end?.();
  }
}

import { type INestApplicationContext, Injectable } from '@nestjs/common';
import { CommandLine } from './terminal/command-line';
import { Unreachable } from './terminal/exit-code';
import { Session, type Needs, type OpenSession } from './terminal/session';
import { Terminal } from './terminal/terminal';

/** Starts the service's modules when a command first needs them, and ends them in order. */
@Injectable()
export class CliSession extends Session {
  private context: INestApplicationContext | undefined;
  private ending: ((context: INestApplicationContext) => Promise<void>) | undefined;

  constructor(
    private readonly commandLine: CommandLine,
    private readonly terminal: Terminal,
  ) {
    super();
  }

  async open(needs: Needs): Promise<OpenSession> {
    const config = this.commandLine.config();
    // Loaded here: what answers --help must not wait for drivers.
    const { startContext, connect, finish } = await import('./cli.context.js');
    this.ending = finish;
    const context = await startContext(config);
    this.context = context;
    const problems = await connect(context, config, needs);
    const unreachable = problems.filter((problem) => problem instanceof Unreachable);
    const [first] = unreachable;
    if (first !== undefined && needs.isTolerant !== true) throw first;
    for (const problem of problems) if (typeof problem === 'string') this.terminal.warn(problem);
    return { unreachable, get: (type) => context.get(type, { strict: false }) };
  }

  async close(): Promise<void> {
    if (this.context !== undefined) await this.ending?.(this.context);
    this.context = undefined;
  }
}

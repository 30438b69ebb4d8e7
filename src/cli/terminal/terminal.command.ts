import { Inject, Injectable } from '@nestjs/common';
import { CommandRunner, Help, Option } from 'nest-commander';
import { Output, FORMATS, type Format, type OutputOptions } from './output';
import { UsageError } from './exit-code';
import { readChoice } from './option-values';
import { Prompt } from './prompt';
import { Session } from './session';
import { Terminal } from './terminal';

/** What all commands have in common: the three output flags, an example, and where to read and write. */
@Injectable()
export abstract class TerminalCommand<Options extends OutputOptions = OutputOptions> extends CommandRunner {
  @Inject(Terminal) protected readonly terminal!: Terminal;
  @Inject(Output) protected readonly output!: Output;
  @Inject(Prompt) protected readonly prompt!: Prompt;
  @Inject(Session) protected readonly session!: Session;

  /** Command lines to paste, without the program's name. */
  protected abstract readonly examples: readonly string[];

  /** Its result is rows, which CSV can hold. */
  protected readonly makesList: boolean = false;

  /** It reads CSV, and prints no rows. */
  protected readonly takesCsv: boolean = false;

  protected abstract execute(options: Options, args: readonly string[]): Promise<void>;

  async run(args: string[], options: Options): Promise<void> {
    this.terminal.isQuiet = options.quiet === true;
    this.terminal.speaksJson = this.output.formatOf(options) === 'json';
    if (options.format === 'csv' && !this.makesList && !this.takesCsv)
      throw new UsageError(['--format csv is for lists']);
    await this.execute(options, args);
  }

  @Help('after')
  exampleText(): string {
    return ['', 'Examples:', ...this.examples.map((example) => `  $ registrar-control ${example}`)].join('\n');
  }

  @Option({ flags: '--format <format>', description: 'table, json, or csv for lists; json when stdout is no terminal' })
  readFormat(text: string): Format {
    return readChoice('format', text, FORMATS);
  }

  @Option({ flags: '--quiet', description: 'print results and errors only' })
  readQuiet(): boolean {
    return true;
  }

  @Option({ flags: '--show-password', description: 'show passwords in tables' })
  readShowPassword(): boolean {
    return true;
  }
}

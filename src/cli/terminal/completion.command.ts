import { Command, CommandRunner, Help, InjectCommander } from 'nest-commander';
import { Injectable } from '@nestjs/common';
import type { CommandNode } from './command-tree';
import { SHELLS, completionScript } from './completion';
import { UsageError } from './exit-code';
import { Terminal } from './terminal';
import { nearestFlag } from '../../platform/config/flags';

@Injectable()
@Command({
  name: 'completion',
  description: "print a shell's completion script",
  arguments: '<shell>',
  argsDescription: { shell: SHELLS.join(', ') },
})
export class CompletionCommand extends CommandRunner {
  constructor(
    @InjectCommander() private readonly program: CommandNode,
    private readonly terminal: Terminal,
  ) {
    super();
  }

  run([given = '']: string[]): Promise<void> {
    const shell = SHELLS.find((name) => name === given);
    if (shell === undefined) {
      const nearest = nearestFlag(given, SHELLS);
      throw new UsageError([
        `the shell must be one of ${SHELLS.join(', ')}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
      ]);
    }
    return this.terminal.printAll(completionScript(shell, this.program));
  }

  @Help('after')
  exampleText(): string {
    return [
      '',
      'Examples:',
      '  $ source <(registrar-control completion bash)',
      '  $ registrar-control completion zsh > "${fpath[1]}/_registrar-control"',
      '  $ registrar-control completion fish > ~/.config/fish/completions/registrar-control.fish',
    ].join('\n');
  }
}

export const COMPLETION_COMMANDS = [CompletionCommand];

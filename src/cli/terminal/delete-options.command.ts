import { Injectable } from '@nestjs/common';
import { Option } from 'nest-commander';
import { CommandError } from './exit-code';
import { IdCommand, type IdOptions } from './id-options.command';
import { renderDetail } from './table';

export interface DeleteOptions extends IdOptions {
  readonly force?: boolean;
}

/** Shows what would go, and asks; a program that calls has asked already. */
@Injectable()
export abstract class DeleteCommand extends IdCommand<DeleteOptions> {
  @Option({ flags: '--force', description: 'do not ask' })
  readForce(): boolean {
    return true;
  }

  protected async confirmDeletion(
    what: string,
    options: DeleteOptions,
    show: () => Promise<readonly (readonly [string, string])[]>,
  ): Promise<void> {
    if (options.force === true || !this.terminal.isInteractive) return;
    this.terminal.ask(renderDetail(await show()));
    if (!(await this.prompt.confirm(`Delete this ${what}?`))) throw new CommandError('nothing was deleted');
  }
}

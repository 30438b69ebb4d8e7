import { Injectable } from '@nestjs/common';
import { Option } from 'nest-commander';
import { readUuid } from './option-values';
import type { OutputOptions } from './output';
import { TerminalCommand } from './terminal.command';

export interface IdOptions extends OutputOptions {
  readonly id?: string;
}

/** For one resource that is there already. */
@Injectable()
export abstract class IdCommand<Options extends IdOptions = IdOptions> extends TerminalCommand<Options> {
  @Option({ flags: '--id <uuid>', description: 'its id (required)' })
  readId(text: string): string {
    return readUuid('id', text);
  }

  protected async idOf({ id }: IdOptions): Promise<string> {
    return readUuid('id', await this.prompt.require(id, 'id', 'Id'));
  }
}

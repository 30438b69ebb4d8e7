import { SubCommand } from 'nest-commander';
import { IdCommand, type IdOptions } from '../../terminal/id-options.command';
import { BIN_WRITES } from '../../terminal/session';
import { extensionDetail } from './extension.view';

@SubCommand({ name: 'regenerate-hash', description: 'replace the hash by which an extension is dialled directly' })
export class ExtensionRegenerateHashCommand extends IdCommand {
  protected readonly examples = ['extension regenerate-hash --id 9b0d2e44-51c7-4c0e-8a35-0f6d1b2c3d4e'];

  protected async execute(options: IdOptions): Promise<void> {
    const id = await this.idOf(options);
    const { ExtensionWriter } = await import('../../../extension/extension.writer.js');
    const session = await this.session.open(BIN_WRITES);
    const changed = await session.get(ExtensionWriter).regenerateDirectHash(id);
    this.output.one(changed, extensionDetail(changed, options), options);
  }
}

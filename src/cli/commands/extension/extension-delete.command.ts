import { SubCommand } from 'nest-commander';
import { DeleteCommand, type DeleteOptions } from '../../terminal/delete-options.command';
import { WRITES } from '../../terminal/session';
import { extensionDetail } from './extension.view';

@SubCommand({ name: 'delete', description: 'delete an extension; its registrations end' })
export class ExtensionDeleteCommand extends DeleteCommand {
  protected readonly examples = [
    'extension delete --id 9b0d2e44-51c7-4c0e-8a35-0f6d1b2c3d4e',
    'extension delete --id 9b0d2e44-51c7-4c0e-8a35-0f6d1b2c3d4e --force',
  ];

  protected async execute(options: DeleteOptions): Promise<void> {
    const id = await this.idOf(options);
    const { ExtensionReader } = await import('../../../extension/extension.reader.js');
    const { ExtensionWriter } = await import('../../../extension/extension.writer.js');
    const session = await this.session.open(WRITES);
    const reader = session.get(ExtensionReader);
    await this.confirmDeletion('extension', options, async () => extensionDetail(await reader.get(id), {}));
    const deleted = await session.get(ExtensionWriter).delete(id);
    this.output.one(deleted, extensionDetail(deleted, options), options);
  }
}

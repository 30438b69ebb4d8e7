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
    const { ExtensionService } = await import('../../../extension/extension.service.js');
    const extensions = (await this.session.open(WRITES)).get(ExtensionService);
    await this.confirmDeletion('extension', options, async () => extensionDetail(await extensions.get(id), {}));
    const deleted = await extensions.delete(id);
    this.output.one(deleted, extensionDetail(deleted, options), options);
  }
}

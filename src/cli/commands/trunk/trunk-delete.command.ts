import { SubCommand } from 'nest-commander';
import { DeleteCommand, type DeleteOptions } from '../../terminal/delete-options.command';
import { BIN_WRITES } from '../../terminal/session';
import { trunkDetail } from './trunk.view';

@SubCommand({ name: 'delete', description: 'delete a trunk; nobody gets in by it from then on' })
export class TrunkDeleteCommand extends DeleteCommand {
  protected readonly examples = ['trunk delete --id 5f0c3a9e-2b44-4d8a-9a6f-0d1c2b3a4f5e --force'];

  protected async execute(options: DeleteOptions): Promise<void> {
    const id = await this.idOf(options);
    const { TrunkReader } = await import('../../../trunk/trunk.reader.js');
    const { TrunkWriter } = await import('../../../trunk/trunk.writer.js');
    const session = await this.session.open(BIN_WRITES);
    const reader = session.get(TrunkReader);
    await this.confirmDeletion('trunk', options, async () => trunkDetail(await reader.get(id), {}));
    const deleted = await session.get(TrunkWriter).delete(id);
    this.output.one(deleted, trunkDetail(deleted, options), options);
  }
}

import { SubCommand } from 'nest-commander';
import { DeleteCommand, type DeleteOptions } from '../../terminal/delete-options.command';
import { BIN_WRITES } from '../../terminal/session';
import { trunkDetail } from './trunk.view';

@SubCommand({ name: 'delete', description: 'delete a trunk; nobody gets in by it from then on' })
export class TrunkDeleteCommand extends DeleteCommand {
  protected readonly examples = ['trunk delete --id 5f0c3a9e-2b44-4d8a-9a6f-0d1c2b3a4f5e --force'];

  protected async execute(options: DeleteOptions): Promise<void> {
    const id = await this.idOf(options);
    const { TrunkService } = await import('../../../trunk/trunk.service.js');
    const trunks = (await this.session.open(BIN_WRITES)).get(TrunkService);
    await this.confirmDeletion('trunk', options, async () => trunkDetail(await trunks.get(id), {}));
    const deleted = await trunks.delete(id);
    this.output.one(deleted, trunkDetail(deleted, options), options);
  }
}

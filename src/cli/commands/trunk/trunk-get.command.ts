import { SubCommand } from 'nest-commander';
import { IdCommand, type IdOptions } from '../../terminal/id-options.command';
import { BIN_READS } from '../../terminal/session';
import { trunkDetail, trunkStatus } from './trunk.view';

@SubCommand({ name: 'get', description: 'show a trunk and what it lets in by' })
export class TrunkGetCommand extends IdCommand {
  protected readonly examples = ['trunk get --id 5f0c3a9e-2b44-4d8a-9a6f-0d1c2b3a4f5e'];

  protected async execute(options: IdOptions): Promise<void> {
    const id = await this.idOf(options);
    const { TrunkReader } = await import('../../../trunk/trunk.reader.js');
    const session = await this.session.open(BIN_READS);
    const trunk = await session.get(TrunkReader).get(id);
    this.output.one({ ...trunk, status: trunkStatus(trunk) }, trunkDetail(trunk, options), options);
  }
}

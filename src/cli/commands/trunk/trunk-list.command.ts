import { Option, SubCommand } from 'nest-commander';
import { readUuid } from '../../terminal/option-values';
import { PageCommand, type PageOptions } from '../../terminal/page-options.command';
import { BIN_READS } from '../../terminal/session';
import { trunkView } from './trunk.view';

interface ListOptions extends PageOptions {
  readonly name?: string;
}

@SubCommand({ name: 'list', description: "list a customer's trunks, newest first" })
export class TrunkListCommand extends PageCommand<ListOptions> {
  protected readonly examples = ['trunk list --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11 --limit 20'];

  protected async execute(options: ListOptions): Promise<void> {
    const customer = await this.prompt.require(options.customerId, 'customer-id', 'Customer id');
    const request = this.pageOf(readUuid('customer-id', customer), options, {
      domain_name: options.domain,
      username: options.username,
      name: options.name,
    });
    const { TrunkReader } = await import('../../../trunk/trunk.reader.js');
    const session = await this.session.open(BIN_READS);
    const trunks = await session.get(TrunkReader).list(request);
    await this.output.list(trunks, trunkView(options), options);
    this.tellNextPage(trunks, options);
  }

  @Option({ flags: '--name <text>', description: 'only those with this name' })
  readName(text: string): string {
    return text;
  }
}

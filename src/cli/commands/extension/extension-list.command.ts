import { Option, SubCommand } from 'nest-commander';
import { readUuid } from '../../terminal/option-values';
import { PageCommand, type PageOptions } from '../../terminal/page-options.command';
import { BIN_READS } from '../../terminal/session';
import { extensionView } from './extension.view';

interface ListOptions extends PageOptions {
  readonly extensionNumber?: string;
}

@SubCommand({ name: 'list', description: "list a customer's extensions, newest first" })
export class ExtensionListCommand extends PageCommand<ListOptions> {
  protected readonly examples = [
    'extension list --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11',
    'extension list --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11 --extension-number 2001 --format csv',
  ];

  protected async execute(options: ListOptions): Promise<void> {
    const customer = await this.prompt.require(options.customerId, 'customer-id', 'Customer id');
    const request = this.pageOf(readUuid('customer-id', customer), options, {
      domain_name: options.domain,
      username: options.username,
      extension: options.extensionNumber,
    });
    const { ExtensionReader } = await import('../../../extension/extension.reader.js');
    const session = await this.session.open(BIN_READS);
    const extensions = await session.get(ExtensionReader).list(request);
    await this.output.list(extensions, extensionView(options), options);
    this.tellNextPage(extensions, options);
  }

  @Option({ flags: '--extension-number <number>', description: 'only the one with this number' })
  readExtensionNumber(text: string): string {
    return text;
  }
}

import { Option, SubCommand } from 'nest-commander';
import { UsageError } from '../../terminal/exit-code';
import { readUuid } from '../../terminal/option-values';
import { SecretCommand, type SecretOptions } from '../../terminal/secret-options.command';
import { WRITES } from '../../terminal/session';
import { assertOwnDomain } from './extension-domain';
import { extensionDetail } from './extension.view';

interface UpdateOptions extends SecretOptions {
  readonly id?: string;
  readonly username?: string;
  readonly extensionNumber?: string;
  readonly name?: string;
  readonly detail?: string;
  readonly domain?: string;
}

@SubCommand({ name: 'update', description: 'change what is given of an extension, its number and user name too' })
export class ExtensionUpdateCommand extends SecretCommand<UpdateOptions> {
  protected readonly examples = [
    'extension update --id 9b0d2e44-51c7-4c0e-8a35-0f6d1b2c3d4e --name "front desk"',
    'extension update --id 9b0d2e44-51c7-4c0e-8a35-0f6d1b2c3d4e --extension-number 2002 --generate-password',
  ];

  protected async execute(options: UpdateOptions): Promise<void> {
    const id = readUuid('id', await this.prompt.require(options.id, 'id', 'Id'));
    const password = await this.givenPassword(options);
    const { username, extensionNumber: extension, name, detail, domain } = options;
    if ([password, username, extension, name, detail, domain].every((value) => value === undefined)) {
      throw new UsageError([
        'nothing to change: give at least one of --name, --detail, --password, --username, --extension-number, --domain',
      ]);
    }
    const { ChangeExtensionDto } = await import('../../../extension/extension.dto.js');
    const { assertValid } = await import('../../../platform/messaging/requests/wire-body.pipe.js');
    const changes = assertValid(
      Object.assign(new ChangeExtensionDto(), { password, username, extension, name, detail }),
    );
    const { ExtensionReader } = await import('../../../extension/extension.reader.js');
    const { ExtensionWriter } = await import('../../../extension/extension.writer.js');
    const session = await this.session.open(WRITES);
    if (domain !== undefined) assertOwnDomain(domain, (await session.get(ExtensionReader).get(id)).customer_id);
    const changed = await session.get(ExtensionWriter).change(id, changes);
    this.output.one(changed, extensionDetail(changed, options), options);
    if (password !== undefined) this.tellGenerated(options, password);
  }

  @Option({ flags: '--id <uuid>', description: 'its id (required)' })
  readId(text: string): string {
    return readUuid('id', text);
  }

  @Option({ flags: '--username <name>', description: 'the new digest user name' })
  readUsername(text: string): string {
    return text;
  }

  @Option({ flags: '--extension-number <number>', description: 'the new number; registrations of the old one end' })
  readExtensionNumber(text: string): string {
    return text;
  }

  @Option({ flags: '--name <text>', description: 'a name for people' })
  readName(text: string): string {
    return text;
  }

  @Option({ flags: '--detail <text>', description: 'a remark' })
  readDetail(text: string): string {
    return text;
  }

  @Option({ flags: '--domain <domain>', description: "the customer's own realm or id; only checked" })
  readDomain(text: string): string {
    return text;
  }
}

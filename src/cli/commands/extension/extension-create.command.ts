import { Option, SubCommand } from 'nest-commander';
import { UsageError } from '../../terminal/exit-code';
import { namingFlags } from '../../terminal/failure';
import { readUuid } from '../../terminal/option-values';
import { SecretCommand, type SecretOptions } from '../../terminal/secret-options.command';
import { WRITES } from '../../terminal/session';
import type { CreateExtensionDto } from '../../../extension/extension.dto';
import { assertOwnDomain } from './extension-domain';
import { extensionDetail } from './extension.view';

interface CreateOptions extends SecretOptions {
  readonly customerId?: string;
  readonly username?: string;
  readonly extensionNumber?: string;
  readonly name?: string;
  readonly detail?: string;
  readonly domain?: string;
}

@SubCommand({ name: 'create', description: 'create an extension' })
export class ExtensionCreateCommand extends SecretCommand<CreateOptions> {
  protected readonly examples = [
    'extension create --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11 --username 2001 --generate-password',
    'extension create --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11 --username alice --extension-number 2001 --password-stdin < secret',
  ];

  protected async execute(options: CreateOptions): Promise<void> {
    const request = await this.requestOf(options);
    const { ExtensionWriter } = await import('../../../extension/extension.writer.js');
    const session = await this.session.open(WRITES);
    const created = await session.get(ExtensionWriter).create(request);
    this.output.one(created, extensionDetail(created, options), options);
    this.tellGenerated(options, request.password);
  }

  private async requestOf(options: CreateOptions): Promise<CreateExtensionDto> {
    const customerId = readUuid(
      'customer-id',
      await this.prompt.require(options.customerId, 'customer-id', 'Customer id'),
    );
    assertOwnDomain(options.domain, customerId);
    const username =
      options.username ?? options.extensionNumber ?? (await this.prompt.require(undefined, 'username', 'User name'));
    const password = (await this.givenPassword(options)) ?? (await this.prompt.newPassword('password'));
    if (password === '') throw new UsageError(['--password must not be empty']);
    const extension = options.extensionNumber ?? username;
    const { CreateExtensionDto } = await import('../../../extension/extension.dto.js');
    const { assertValid } = await import('../../../platform/messaging/requests/wire-body.pipe.js');
    const { ZERO_UUID } = await import('../../../platform/wire/go-uuid.js');
    const request = Object.assign(new CreateExtensionDto(), {
      customerId,
      username: username === extension ? '' : username,
      extension,
      password,
      name: options.name ?? '',
      detail: options.detail ?? '',
      domainId: ZERO_UUID,
    });
    // What breaks a rule is named by the flag that was typed.
    const number = options.extensionNumber === undefined ? 'username' : 'extension-number';
    return namingFlags({ extension: number }, () => assertValid(request));
  }

  @Option({ flags: '--customer-id <uuid>', description: 'the customer (required)' })
  readCustomerId(text: string): string {
    return readUuid('customer-id', text);
  }

  @Option({ flags: '--username <name>', description: 'the digest user name (required, or the number)' })
  readUsername(text: string): string {
    return text;
  }

  @Option({ flags: '--extension-number <number>', description: 'the address; the user name when left out' })
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

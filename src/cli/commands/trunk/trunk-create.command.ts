import { Option, SubCommand } from 'nest-commander';
import { UsageError } from '../../terminal/exit-code';
import { readUuid } from '../../terminal/option-values';
import { BIN_WRITES } from '../../terminal/session';
import type { CreateTrunkDto } from '../../../trunk/trunk.dto';
import { TrunkSettingsCommand, type TrunkSettingsOptions } from './trunk-settings.command';
import { trunkDetail } from './trunk.view';

interface CreateOptions extends TrunkSettingsOptions {
  readonly customerId?: string;
}

@SubCommand({ name: 'create', description: 'create a trunk' })
export class TrunkCreateCommand extends TrunkSettingsCommand<CreateOptions> {
  protected readonly examples = [
    'trunk create --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11 --domain acme-hq --allowed-ips 203.0.113.7,198.51.100.0/24',
    'trunk create --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11 --domain acme-hq --username acme --generate-password',
  ];

  protected async execute(options: CreateOptions): Promise<void> {
    const request = await this.requestOf(options);
    const { TrunkWriter } = await import('../../../trunk/trunk.writer.js');
    const session = await this.session.open(BIN_WRITES);
    const created = await session.get(TrunkWriter).create(request);
    this.output.one(created, trunkDetail(created, options), options);
    this.tellGenerated(options, request.password);
  }

  private async requestOf(options: CreateOptions): Promise<CreateTrunkDto> {
    const customer = await this.prompt.require(options.customerId, 'customer-id', 'Customer id');
    const domainName = await this.prompt.require(options.domain, 'domain', 'Domain name');
    const { username = '', allowedIps = [] } = options;
    const password = await this.passwordOf(options);
    if (password !== '' && username === '') throw new UsageError(['--username is required with a password']);
    const { CreateTrunkDto } = await import('../../../trunk/trunk.dto.js');
    const { authTypesOf } = await import('../../../trunk/trunk.rules.js');
    const { assertValid } = await import('../../../platform/messaging/requests/wire-body.pipe.js');
    return assertValid(
      Object.assign(new CreateTrunkDto(), {
        customerId: readUuid('customer-id', customer),
        domainName,
        name: options.name ?? '',
        detail: options.detail ?? '',
        username,
        password,
        allowedIps,
        authTypes: authTypesOf({ username, password, allowedIps }),
      }),
    );
  }

  /** A user name without a password lets nobody in, so a person is asked for one. */
  private async passwordOf(options: CreateOptions): Promise<string> {
    const given = await this.givenPassword(options);
    const asks = given === undefined && options.username !== undefined && this.terminal.isInteractive;
    return asks ? this.prompt.newPassword('password') : (given ?? '');
  }

  @Option({ flags: '--customer-id <uuid>', description: 'the customer (required)' })
  readCustomerId(text: string): string {
    return readUuid('customer-id', text);
  }
}

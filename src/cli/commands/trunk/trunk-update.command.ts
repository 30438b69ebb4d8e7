import { Option, SubCommand } from 'nest-commander';
import { UsageError } from '../../terminal/exit-code';
import { readUuid } from '../../terminal/option-values';
import { BIN_WRITES } from '../../terminal/session';
import { TrunkSettingsCommand, type TrunkSettingsOptions } from './trunk-settings.command';
import { trunkDetail } from './trunk.view';

interface UpdateOptions extends TrunkSettingsOptions {
  readonly id?: string;
}

@SubCommand({ name: 'update', description: 'change what is given of a trunk, its domain too' })
export class TrunkUpdateCommand extends TrunkSettingsCommand<UpdateOptions> {
  protected readonly examples = [
    'trunk update --id 5f0c3a9e-2b44-4d8a-9a6f-0d1c2b3a4f5e --allowed-ips 203.0.113.7',
    'trunk update --id 5f0c3a9e-2b44-4d8a-9a6f-0d1c2b3a4f5e --domain acme-berlin',
  ];

  protected async execute(options: UpdateOptions): Promise<void> {
    const id = readUuid('id', await this.prompt.require(options.id, 'id', 'Id'));
    const password = await this.givenPassword(options);
    const { domain: domainName, name, detail, username, allowedIps } = options;
    const given = { password, domainName, name, detail, username, allowedIps };
    if (Object.values(given).every((value) => value === undefined)) {
      throw new UsageError([
        'nothing to change: give at least one of --name, --detail, --domain, --username, --password, --allowed-ips',
      ]);
    }
    const { ChangeTrunkDto } = await import('../../../trunk/trunk.dto.js');
    const { assertValid } = await import('../../../platform/messaging/requests/wire-body.pipe.js');
    const changes = assertValid(Object.assign(new ChangeTrunkDto(), given));
    const { TrunkWriter } = await import('../../../trunk/trunk.writer.js');
    const session = await this.session.open(BIN_WRITES);
    const changed = await session.get(TrunkWriter).change(id, changes);
    this.output.one(changed, trunkDetail(changed, options), options);
    if (password !== undefined) this.tellGenerated(options, password);
  }

  @Option({ flags: '--id <uuid>', description: 'its id (required)' })
  readId(text: string): string {
    return readUuid('id', text);
  }
}

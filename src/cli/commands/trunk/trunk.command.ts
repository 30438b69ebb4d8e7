import { Command } from 'nest-commander';
import { GroupCommand } from '../../terminal/group.command';
import { TrunkCreateCommand } from './trunk-create.command';
import { TrunkDeleteCommand } from './trunk-delete.command';
import { TrunkGetCommand } from './trunk-get.command';
import { TrunkListCommand } from './trunk-list.command';
import { TrunkUpdateCommand } from './trunk-update.command';

const SUBCOMMANDS = [TrunkCreateCommand, TrunkGetCommand, TrunkListCommand, TrunkUpdateCommand, TrunkDeleteCommand];

@Command({ name: 'trunk', description: 'SIP identities of carriers and PBXes', subCommands: SUBCOMMANDS })
export class TrunkCommand extends GroupCommand {
  protected readonly examples = ['trunk list --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11'];
}

export const TRUNK_COMMANDS = [TrunkCommand, ...SUBCOMMANDS];

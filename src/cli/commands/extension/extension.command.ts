import { Command } from 'nest-commander';
import { GroupCommand } from '../../terminal/group.command';
import { ExtensionCreateCommand } from './extension-create.command';
import { ExtensionDeleteCommand } from './extension-delete.command';
import { ExtensionExportCommand } from './extension-export.command';
import { ExtensionGetCommand } from './extension-get.command';
import { ExtensionImportCommand } from './extension-import.command';
import { ExtensionListCommand } from './extension-list.command';
import { ExtensionRegenerateHashCommand } from './extension-regenerate-hash.command';
import { ExtensionUpdateCommand } from './extension-update.command';

const SUBCOMMANDS = [
  ExtensionCreateCommand,
  ExtensionGetCommand,
  ExtensionListCommand,
  ExtensionUpdateCommand,
  ExtensionDeleteCommand,
  ExtensionRegenerateHashCommand,
  ExtensionImportCommand,
  ExtensionExportCommand,
];

@Command({ name: 'extension', description: 'SIP accounts of people', subCommands: SUBCOMMANDS })
export class ExtensionCommand extends GroupCommand {
  protected readonly examples = ['extension list --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11'];
}

export const EXTENSION_COMMANDS = [ExtensionCommand, ...SUBCOMMANDS];

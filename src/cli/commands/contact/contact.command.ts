import { Command } from 'nest-commander';
import { GroupCommand } from '../../terminal/group.command';
import { ContactFlushCommand } from './contact-flush.command';
import { ContactListCommand } from './contact-list.command';
import { ContactRefreshCommand } from './contact-refresh.command';

const SUBCOMMANDS = [ContactListCommand, ContactRefreshCommand, ContactFlushCommand];

@Command({ name: 'contact', description: 'who is registered right now', subCommands: SUBCOMMANDS })
export class ContactCommand extends GroupCommand {
  protected readonly examples = [
    'contact list --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11 --extension-number 2001',
  ];
}

export const CONTACT_COMMANDS = [ContactCommand, ...SUBCOMMANDS];

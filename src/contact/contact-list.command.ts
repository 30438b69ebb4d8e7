import { SubCommand } from 'nest-commander';
import type { View } from '../platform/terminal/output';
import { READS } from '../platform/terminal/session';
import type { ContactReply } from './contact.dto';
import { ContactOptionsCommand, type ContactOptions } from './contact-options.command';

const VIEW: View<ContactReply> = {
  columns: [
    { title: 'ADDRESS', text: ({ uri }) => uri.replaceAll('^3B', ';') },
    { title: 'USER AGENT', text: (contact) => contact.user_agent },
    { title: 'EXPIRES IN', text: ({ expiration_time: end }) => `${Math.round(end - Date.now() / 1000)} s` },
    { title: 'VIA', text: ({ via_addr: address, via_port: port }) => (address === '' ? '' : `${address}:${port}`) },
  ],
  csv: (contact) => Object.fromEntries(Object.entries(contact).map(([name, value]) => [name, String(value)])),
};

@SubCommand({ name: 'list', description: 'list the devices that are registered for an extension' })
export class ContactListCommand extends ContactOptionsCommand {
  protected override readonly makesList = true;
  protected readonly examples = [
    'contact list --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11 --extension-number 2001',
  ];

  protected async execute(options: ContactOptions): Promise<void> {
    const subject = await this.subjectOf(options);
    const { ContactService } = await import('./contact.service.js');
    const session = await this.session.open(READS);
    await this.output.list(await session.get(ContactService).list(subject), VIEW, options);
  }
}

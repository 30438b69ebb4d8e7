import { SubCommand } from 'nest-commander';
import { ContactOptionsCommand, type ContactOptions } from './contact-options.command';

@SubCommand({ name: 'refresh', description: 'forget the cached registrations of an extension; the devices stay' })
export class ContactRefreshCommand extends ContactOptionsCommand {
  protected readonly examples = [
    'contact refresh --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11 --extension-number 2001',
  ];

  protected async execute(options: ContactOptions): Promise<void> {
    const { session, subject } = await this.openFor(options);
    const { ContactService } = await import('../../../contact/contact.service.js');
    const contacts = session.get(ContactService);
    await contacts.refresh(subject);
    const found = await contacts.list(subject);
    if (this.output.formatOf(options) === 'json') this.output.json({ refreshed: true, contacts: found.length });
    else this.terminal.say(`Refreshed; ${found.length} registered.`);
  }
}

import { SubCommand } from 'nest-commander';
import { contactView } from './contact.view';
import { ContactOptionsCommand, type ContactOptions } from './contact-options.command';

@SubCommand({ name: 'list', description: 'list the devices that are registered for an extension' })
export class ContactListCommand extends ContactOptionsCommand {
  protected override readonly makesList = true;
  protected readonly examples = [
    'contact list --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11 --extension-number 2001',
  ];

  protected async execute(options: ContactOptions): Promise<void> {
    const { session, subject } = await this.openFor(options);
    const { ContactService } = await import('../../../contact/contact.service.js');
    await this.output.list(await session.get(ContactService).list(subject), contactView(Date.now()), options);
  }
}

import { SubCommand } from 'nest-commander';
import { IdCommand, type IdOptions } from '../../platform/terminal/id-options.command';
import { READS } from '../../platform/terminal/session';
import { extensionDetail, registrationDetail } from './extension.view';

@SubCommand({ name: 'get', description: 'show an extension and who is registered' })
export class ExtensionGetCommand extends IdCommand {
  protected readonly examples = ['extension get --id 9b0d2e44-51c7-4c0e-8a35-0f6d1b2c3d4e'];

  protected async execute(options: IdOptions): Promise<void> {
    const id = await this.idOf(options);
    const { ExtensionService } = await import('../extension.service.js');
    const { ContactsDto } = await import('../../contact/contact.dto.js');
    const { ContactService } = await import('../../contact/contact.service.js');
    const session = await this.session.open(READS);
    const extension = await session.get(ExtensionService).get(id);
    if (this.output.formatOf(options) === 'json') {
      this.output.json(extension);
      return;
    }
    const subject = Object.assign(new ContactsDto(), {
      customerId: extension.customer_id,
      extension: extension.extension,
    });
    const contacts = await session.get(ContactService).list(subject);
    const detail = [...extensionDetail(extension, options), ...registrationDetail(contacts, Date.now() / 1000)];
    this.output.one(extension, detail, options);
  }
}

import { SubCommand } from 'nest-commander';
import { IdCommand, type IdOptions } from '../../terminal/id-options.command';
import { READS } from '../../terminal/session';
import { extensionDetail } from './extension.view';

@SubCommand({ name: 'get', description: 'show an extension and who is registered' })
export class ExtensionGetCommand extends IdCommand {
  protected readonly examples = ['extension get --id 9b0d2e44-51c7-4c0e-8a35-0f6d1b2c3d4e'];

  protected async execute(options: IdOptions): Promise<void> {
    const id = await this.idOf(options);
    const { AsteriskService } = await import('../../../asterisk/asterisk.service.js');
    const { ContactService } = await import('../../../contact/contact.service.js');
    const { ExtensionReader } = await import('../../../extension/extension.reader.js');
    const { findRegistration, registrationDetail, registrationOf } = await import('./extension.registration.js');
    const session = await this.session.open(READS);
    const extension = await session.get(ExtensionReader).get(id);
    const services = { contacts: session.get(ContactService), asterisk: session.get(AsteriskService) };
    const { contacts, aor } = await findRegistration(extension, services);
    const nowMs = Date.now();
    const registration = registrationOf(extension, contacts, aor, nowMs);
    const detail = [...extensionDetail(extension, options), ...registrationDetail(registration, aor, nowMs)];
    this.output.one({ ...extension, ...registration }, detail, options);
  }
}

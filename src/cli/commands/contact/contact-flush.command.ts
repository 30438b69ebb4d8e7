import { Option, SubCommand } from 'nest-commander';
import { CommandError } from '../../terminal/exit-code';
import { ContactOptionsCommand, type ContactOptions } from './contact-options.command';

interface FlushOptions extends ContactOptions {
  readonly force?: boolean;
}

@SubCommand({ name: 'flush', description: 'end the registrations of an extension; its devices must register again' })
export class ContactFlushCommand extends ContactOptionsCommand<FlushOptions> {
  protected readonly examples = [
    'contact flush --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11 --extension-number 2001 --force',
  ];

  protected async execute(options: FlushOptions): Promise<void> {
    const { session, subject } = await this.openFor(options);
    const { ContactService } = await import('../../../contact/contact.service.js');
    const contacts = session.get(ContactService);
    const before = (await contacts.list(subject)).length;
    if (options.force !== true && this.terminal.isInteractive) {
      const sure = await this.prompt.confirm(
        `${before} registered; calls to them fail until they register again. Flush?`,
      );
      if (!sure) throw new CommandError('nothing was flushed');
    }
    await contacts.flush(subject);
    if (this.output.formatOf(options) === 'json') this.output.json({ flushed: before });
    else this.terminal.say(`Flushed ${before}.`);
  }

  @Option({ flags: '--force', description: 'do not ask' })
  readForce(): boolean {
    return true;
  }
}

import { Injectable } from '@nestjs/common';
import { Option } from 'nest-commander';
import { CommandError } from '../../terminal/exit-code';
import { readUuid } from '../../terminal/option-values';
import type { OutputOptions } from '../../terminal/output';
import { READS, type OpenSession } from '../../terminal/session';
import { TerminalCommand } from '../../terminal/terminal.command';
import type { ContactsDto } from '../../../contact/contact.dto';

export interface ContactOptions extends OutputOptions {
  readonly customerId?: string;
  readonly extensionNumber?: string;
}

/** Registrations belong to an extension, and are looked up as callers do it: by customer and number. */
@Injectable()
export abstract class ContactOptionsCommand<
  Options extends ContactOptions = ContactOptions,
> extends TerminalCommand<Options> {
  @Option({ flags: '--customer-id <uuid>', description: 'the customer (required)' })
  readCustomerId(text: string): string {
    return readUuid('customer-id', text);
  }

  @Option({ flags: '--extension-number <number>', description: 'the extension (required)' })
  readExtensionNumber(text: string): string {
    return text;
  }

  /** The extension must be there: on the wire nobody is registered for a number that is not, a person has mistyped it. */
  protected async openFor(options: ContactOptions): Promise<{ session: OpenSession; subject: ContactsDto }> {
    const customer = await this.prompt.require(options.customerId, 'customer-id', 'Customer id');
    const number = await this.prompt.require(options.extensionNumber, 'extension-number', 'Extension number');
    const customerId = readUuid('customer-id', customer);
    const session = await this.session.open(READS);
    const { ContactsDto } = await import('../../../contact/contact.dto.js');
    const extension = await findNumber(session, customerId, number);
    return { session, subject: Object.assign(new ContactsDto(), { customerId, extension }) };
  }
}

/** The number as the record spells it, by which its registrations are kept. */
async function findNumber(session: OpenSession, customerId: string, number: string): Promise<string> {
  const { ExtensionReader } = await import('../../../extension/extension.reader.js');
  const found = await session.get(ExtensionReader).findByNumber(customerId, number);
  if (found === undefined) throw new CommandError('no such extension: the customer has none with this number');
  return found.extension;
}

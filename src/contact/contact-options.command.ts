import { Injectable } from '@nestjs/common';
import { Option } from 'nest-commander';
import { readUuid } from '../platform/terminal/option-values';
import type { OutputOptions } from '../platform/terminal/output';
import { TerminalCommand } from '../platform/terminal/terminal.command';
import type { ContactsDto } from './contact.dto';

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

  protected async subjectOf(options: ContactOptions): Promise<ContactsDto> {
    const customer = await this.prompt.require(options.customerId, 'customer-id', 'Customer id');
    const { ContactsDto } = await import('./contact.dto.js');
    const extension = await this.prompt.require(options.extensionNumber, 'extension-number', 'Extension number');
    return Object.assign(new ContactsDto(), { customerId: readUuid('customer-id', customer), extension });
  }
}

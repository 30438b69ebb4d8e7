import { Injectable } from '@nestjs/common';
import { Option } from 'nest-commander';
import { parsePageToken } from '../../platform/wire/list-request';
import { UsageError } from './exit-code';
import { readInteger, readUuid } from './option-values';
import type { OutputOptions } from './output';
import { TerminalCommand } from './terminal.command';

export interface PageOptions extends OutputOptions {
  readonly customerId?: string;
  readonly domain?: string;
  readonly username?: string;
  readonly limit?: number;
  readonly token?: string;
}

export const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** Lists of a customer's resources, newest first. */
@Injectable()
export abstract class PageCommand<Options extends PageOptions> extends TerminalCommand<Options> {
  protected override readonly makesList = true;

  @Option({ flags: '--customer-id <uuid>', description: 'the customer (required)' })
  readCustomerId(text: string): string {
    return readUuid('customer-id', text);
  }

  @Option({ flags: '--domain <name>', description: 'only those whose domain_name is this' })
  readDomain(text: string): string {
    return text;
  }

  @Option({ flags: '--username <name>', description: 'only those with this user name' })
  readUsername(text: string): string {
    return text;
  }

  @Option({ flags: '--limit <count>', description: `at most so many (${DEFAULT_LIMIT})` })
  readLimit(text: string): number {
    return readInteger('limit', text, 1, MAX_LIMIT);
  }

  @Option({ flags: '--token <time>', description: 'only those created before: the tm_create of the last one seen' })
  readToken(text: string): string {
    if (parsePageToken(text) === 'invalid') throw new UsageError(['--token must be a time such as a tm_create']);
    return text;
  }

  /** The request as a route would make it of the same wishes. */
  protected pageOf(customerId: string, options: PageOptions, filters: Readonly<Record<string, string | undefined>>) {
    const given = Object.entries(filters).flatMap(([name, text]) =>
      text === undefined ? [] : [[name, text] as const],
    );
    return {
      limit: options.limit ?? DEFAULT_LIMIT,
      before: parsePageToken(options.token),
      filters: new Map<string, string | boolean>([['customer_id', customerId], ['deleted', false], ...given]),
    };
  }

  protected tellNextPage(rows: readonly { readonly tm_create: string | null }[], options: PageOptions): void {
    const next = rows.at(-1)?.tm_create;
    if (!this.terminal.showsResults || rows.length < (options.limit ?? DEFAULT_LIMIT) || next == null) return;
    this.terminal.say(`There may be more: --token ${next}`);
  }
}

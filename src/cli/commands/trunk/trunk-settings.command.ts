import { Injectable } from '@nestjs/common';
import { Option } from 'nest-commander';
import { readList } from '../../terminal/option-values';
import { SecretCommand, type SecretOptions } from '../../terminal/secret-options.command';

export interface TrunkSettingsOptions extends SecretOptions {
  readonly domain?: string;
  readonly name?: string;
  readonly detail?: string;
  readonly username?: string;
  readonly allowedIps?: string[];
}

/** What a trunk is made of; create and update take the same flags. */
@Injectable()
export abstract class TrunkSettingsCommand<Options extends TrunkSettingsOptions> extends SecretCommand<Options> {
  @Option({ flags: '--domain <name>', description: 'its domain name: the first part of its realm' })
  readDomain(text: string): string {
    return text;
  }

  @Option({ flags: '--name <text>', description: 'a name for people' })
  readName(text: string): string {
    return text;
  }

  @Option({ flags: '--detail <text>', description: 'a remark' })
  readDetail(text: string): string {
    return text;
  }

  @Option({ flags: '--username <name>', description: 'the digest user name; with a password it lets in by basic' })
  readUsername(text: string): string {
    return text;
  }

  @Option({ flags: '--allowed-ips <list>', description: 'addresses and CIDR ranges, comma between; they let in by ip' })
  readAllowedIps(text: string): string[] {
    return readList(text);
  }
}

import { Injectable } from '@nestjs/common';
import { Config } from '../platform/config/config';

/** What is ours to repair: realms below our base domains. Whatever else the tables hold belongs to somebody else. */
@Injectable()
export class OwnDomains {
  private readonly extensions: string;
  private readonly trunks: string;

  constructor(config: Pick<Config, 'domainNameExtension' | 'domainNameTrunk'>) {
    this.extensions = suffixOf(config.domainNameExtension);
    this.trunks = suffixOf(config.domainNameTrunk);
  }

  hasExtensionRealm(realm: string): boolean {
    return isBelow(realm, this.extensions);
  }

  hasTrunkRealm(realm: string): boolean {
    return isBelow(realm, this.trunks);
  }

  hasRealm(realm: string): boolean {
    return this.hasExtensionRealm(realm) || this.hasTrunkRealm(realm);
  }

  /** An id of the realtime tables, `<user>@<realm>`. */
  hasLogin(id: string): boolean {
    const at = id.lastIndexOf('@');
    return at >= 0 && this.hasExtensionRealm(id.slice(at + 1));
  }
}

function suffixOf(baseDomain: string): string {
  return `.${baseDomain.toLowerCase()}`;
}

function isBelow(realm: string, suffix: string): boolean {
  return realm.length > suffix.length && realm.toLowerCase().endsWith(suffix);
}

import { Injectable } from '@nestjs/common';
import { Config } from '../platform/config/config';

interface ExtensionIdentity {
  readonly customerId: string;
  readonly realm: string;
  readonly endpointId: string;
  readonly authId: string;
  readonly aorId: string;
}

interface TrunkIdentity {
  readonly domainName: string;
  readonly realm: string;
}

const BELOW_A_CUSTOMER = /@[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\./i;

/**
 * Decides what this service may repair: rows that a living record names, and rows below the base domains. It leaves all
 * other rows unchanged.
 */
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

  /** The realm of a trunk with that domain name; the text itself when it is a realm already, also with a dot behind. */
  trunkRealm(domain: string): string {
    return this.hasRealm(domain.replace(/\.$/, '')) ? domain : `${domain}${this.trunks}`;
  }

  /** The domain name of the trunk with that realm. */
  trunkName(realm: string): string | undefined {
    return this.hasTrunkRealm(realm) ? realm.slice(0, -this.trunks.length) : undefined;
  }

  hasTrunkRealm(realm: string): boolean {
    return isBelow(realm, this.trunks);
  }

  hasRealm(realm: string): boolean {
    return this.hasExtensionRealm(realm) || this.hasTrunkRealm(realm);
  }

  /**
   * True when the realm lies below the base domain or begins with the customer id, as below an earlier base domain, and
   * the ids lie below the base domain or in that realm.
   */
  ownsExtension({ customerId, realm, endpointId, authId, aorId }: ExtensionIdentity): boolean {
    const isRealm = this.hasExtensionRealm(realm) || isBelowName(realm, customerId);
    return isRealm && distinct(endpointId, authId, aorId).every((id) => this.hasLogin(id) || isIn(realm, id));
  }

  /** True when the realm lies below the base domain or begins with the domain name, as below an earlier base domain. */
  ownsTrunk({ domainName, realm }: TrunkIdentity): boolean {
    return this.hasTrunkRealm(realm) || isBelowName(realm, domainName);
  }

  /** True for an id of the realtime tables, `<user>@<realm>`, whose realm lies below the base domain for extensions. */
  hasLogin(id: string): boolean {
    const at = id.lastIndexOf('@');
    return at >= 0 && this.hasExtensionRealm(id.slice(at + 1));
  }

  /** True for an id that a record of this service can have, also below an earlier base domain. */
  mayHaveRecord(id: string): boolean {
    return this.hasLogin(id) || BELOW_A_CUSTOMER.test(id);
  }
}

/** The ids of a login, which are nearly always the same. */
export function distinct(first: string, ...others: readonly string[]): readonly string[] {
  return others.every((id) => id === first) ? [first] : [first, ...others];
}

function suffixOf(baseDomain: string): string {
  return `.${baseDomain.toLowerCase()}`;
}

function isBelow(realm: string, suffix: string): boolean {
  return realm.length > suffix.length && realm.slice(-suffix.length).toLowerCase() === suffix;
}

function isBelowName(realm: string, name: string): boolean {
  return name !== '' && realm.length > name.length + 1 && realm.toLowerCase().startsWith(`${name.toLowerCase()}.`);
}

function isIn(realm: string, id: string): boolean {
  return id.length > realm.length + 1 && id.toLowerCase().endsWith(`@${realm.toLowerCase()}`);
}

/** How an extension is known to Asterisk. Stored with the record: existing rows are never derived again. */
export interface EndpointIdentity {
  readonly realm: string;
  readonly endpointId: string;
  readonly aorId: string;
  readonly authId: string;
}

/** The one place where realms of extensions are made: `<customer id>.<base domain>`. */
export function extensionRealm(customerId: string, baseDomain: string): string {
  return `${customerId}.${baseDomain}`;
}

/** Endpoint, AOR and auth share one id, `<extension>@<realm>`: Asterisk looks an endpoint up by user and domain. */
export function endpointIdentity(customerId: string, extension: string, baseDomain: string): EndpointIdentity {
  return identityInRealm(extension, extensionRealm(customerId, baseDomain));
}

/** For a realm that is stored already: it may be older than the present base domain. */
export function identityInRealm(extension: string, realm: string): EndpointIdentity {
  const id = `${extension}@${realm}`;
  return { realm, endpointId: id, aorId: id, authId: id };
}

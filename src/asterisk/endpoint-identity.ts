/** The ids of an extension in Asterisk. The record stores them; they are not derived again for existing rows. */
export interface EndpointIdentity {
  readonly realm: string;
  readonly endpointId: string;
  readonly aorId: string;
  readonly authId: string;
}

/** The realm of a new extension: `<customer id>.<base domain>`. */
export function extensionRealm(customerId: string, baseDomain: string): string {
  return `${customerId}.${baseDomain}`;
}

/** Endpoint, AOR and auth share one id, `<extension>@<realm>`: Asterisk looks an endpoint up by user and domain. */
export function endpointIdentity(customerId: string, extension: string, baseDomain: string): EndpointIdentity {
  return identityInRealm(extension, extensionRealm(customerId, baseDomain));
}

/** The same for a stored realm, which may lie below an earlier base domain. */
export function identityInRealm(extension: string, realm: string): EndpointIdentity {
  const id = `${extension}@${realm}`;
  return { realm, endpointId: id, aorId: id, authId: id };
}

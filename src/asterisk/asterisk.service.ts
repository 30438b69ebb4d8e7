import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { encodePassword } from './asterisk-password';
import { AsteriskRepository } from './asterisk.repository';
import type { EndpointIdentity } from './endpoint-identity';
import type { PsContactRow } from './entities/ps-contact.entity';

/** The original's settings: three devices an extension, the one that ends soonest makes room. */
const MAX_CONTACTS = 3;
const REMOVE_EXISTING = 'yes';
const AUTH_TYPE = 'userpass';

/** What a phone needs to register. */
export interface Login extends EndpointIdentity {
  /** The digest user name. */
  readonly username: string;
  /** As its user types it. */
  readonly password: string;
}

/** Logins in Asterisk's realtime tables: the projection of extension records. */
@Injectable()
export class AsteriskService {
  constructor(private readonly repository: AsteriskRepository) {}

  /** Makes the login complete, whatever was there before. The endpoint comes last: it is what lets a phone in. */
  async provision(asterisk: EntityManager, login: Login): Promise<void> {
    const { realm, endpointId, aorId, authId, username } = login;
    await this.repository.saveAor(asterisk, { id: aorId, maxContacts: MAX_CONTACTS, removeExisting: REMOVE_EXISTING });
    await this.repository.saveAuth(asterisk, {
      id: authId,
      authType: AUTH_TYPE,
      username,
      password: encodePassword(login.password),
      realm,
    });
    await this.repository.saveEndpoint(asterisk, { id: endpointId, aors: aorId, auth: authId });
  }

  /** A login that is not there is made. */
  async changePassword(asterisk: EntityManager, login: Login): Promise<void> {
    const encoded = encodePassword(login.password);
    const isThere = await this.repository.updatePassword(asterisk, login.authId, encoded);
    if (!isThere) await this.provision(asterisk, login);
  }

  /** Takes the login away, its registrations too. The endpoint goes first: without its auth it would be open. */
  async revoke(asterisk: EntityManager, identity: Omit<EndpointIdentity, 'realm'>): Promise<void> {
    await this.repository.deleteEndpoint(asterisk, identity.endpointId);
    await this.repository.deleteAuth(asterisk, identity.authId);
    await this.repository.deleteAor(asterisk, identity.aorId);
    await this.repository.deleteContacts(asterisk, identity.endpointId);
  }

  /** Makes registered devices unreachable at once; they must register again. */
  async dropContacts(asterisk: EntityManager, endpointId: string): Promise<void> {
    await this.repository.deleteContacts(asterisk, endpointId);
  }

  listContacts(endpointId: string): Promise<PsContactRow[]> {
    return this.repository.listContacts(endpointId);
  }
}

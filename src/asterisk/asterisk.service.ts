import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { encodePassword } from './asterisk-password';
import { AsteriskRepository, type LoginPart } from './asterisk.repository';
import type { EndpointIdentity } from './endpoint-identity';
import type { PsAorRow } from './entities/ps-aor.entity';
import type { PsAuthRow } from './entities/ps-auth.entity';
import type { PsContactRow } from './entities/ps-contact.entity';
import type { PsEndpointRow } from './entities/ps-endpoint.entity';

export type { LoginPart };

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

/** The rows found of a login; those that are not there are absent. */
export interface LoginRows {
  readonly aor?: PsAorRow;
  readonly auth?: PsAuthRow;
  readonly endpoint?: PsEndpointRow;
}

/** Rows of many logins, as they came. */
export interface LoginRowSets {
  readonly aors: readonly PsAorRow[];
  readonly auths: readonly PsAuthRow[];
  readonly endpoints: readonly PsEndpointRow[];
}

type LoginIds = Omit<EndpointIdentity, 'realm'>;

/** Logins in Asterisk's realtime tables: the projection of extension records. */
@Injectable()
export class AsteriskService {
  constructor(private readonly repository: AsteriskRepository) {}

  /** Makes the login complete, whatever was there before. The endpoint comes last: it is what lets a phone in. */
  async provision(asterisk: EntityManager, login: Login): Promise<void> {
    const { endpointId, aorId, authId } = login;
    await this.repository.saveAor(asterisk, { id: aorId, maxContacts: MAX_CONTACTS, removeExisting: REMOVE_EXISTING });
    await this.repository.saveAuth(asterisk, this.authOf(login));
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

  /** The auth row a login must have. */
  authOf(login: Login): PsAuthRow {
    const { authId: id, username, realm } = login;
    return { id, authType: AUTH_TYPE, username, password: encodePassword(login.password), realm };
  }

  findLogins(logins: readonly LoginIds[]): Promise<LoginRowSets> {
    return this.repository.read(async (manager) => ({
      aors: await this.repository.findAors(
        manager,
        logins.map(({ aorId }) => aorId),
      ),
      auths: await this.repository.findAuths(
        manager,
        logins.map(({ authId }) => authId),
      ),
      endpoints: await this.repository.findEndpoints(
        manager,
        logins.map(({ endpointId }) => endpointId),
      ),
    }));
  }

  /** The rows of a login, locked until the transaction ends, in the order in which they are written. */
  async lockLogin(asterisk: EntityManager, { aorId, authId, endpointId }: LoginIds): Promise<LoginRows> {
    const [aor] = await this.repository.findAors(asterisk, [aorId], true);
    const [auth] = await this.repository.findAuths(asterisk, [authId], true);
    const [endpoint] = await this.repository.findEndpoints(asterisk, [endpointId], true);
    return { ...(aor && { aor }), ...(auth && { auth }), ...(endpoint && { endpoint }) };
  }

  /** Makes the login whole again; an AOR that is there stays as it is, an operator may have set it. */
  async complete(asterisk: EntityManager, login: Login, { aor }: LoginRows): Promise<void> {
    if (aor === undefined) return this.provision(asterisk, login);
    await this.repository.saveAuth(asterisk, this.authOf(login));
    await this.repository.saveEndpoint(asterisk, { id: login.endpointId, aors: login.aorId, auth: login.authId });
  }

  /** Removes these rows and no others, the endpoint first, and with it its registrations. */
  async removeRows(asterisk: EntityManager, { endpoint, auth, aor }: LoginRows): Promise<void> {
    if (endpoint) await this.repository.deleteEndpoint(asterisk, endpoint.id);
    if (auth) await this.repository.deleteAuth(asterisk, auth.id);
    if (aor) await this.repository.deleteAor(asterisk, aor.id);
    if (endpoint) await this.repository.deleteContacts(asterisk, endpoint.id);
  }

  /** Ids of one of the tables in its key order, after `afterId`. */
  listIds(part: LoginPart, afterId: string | undefined, limit: number): Promise<string[]> {
    return this.repository.listIds(part, afterId, limit);
  }

  listContacts(endpointId: string): Promise<PsContactRow[]> {
    return this.repository.listContacts(endpointId);
  }
}

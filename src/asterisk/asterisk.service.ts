import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { schemaIncomplete } from '../platform/database/mysql-errors';
import { encodePassword } from './asterisk-password';
import { AsteriskContacts } from './asterisk.contacts';
import { AsteriskRepository, type LoginPart } from './asterisk.repository';
import type { EndpointIdentity } from './endpoint-identity';
import type { PsAorRow } from './entities/ps-aor.entity';
import type { PsAuthRow } from './entities/ps-auth.entity';
import type { PsEndpointRow } from './entities/ps-endpoint.entity';

export type { LoginPart, PsAuthRow };

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
  /** The auth row holds a digest besides the password, which may open the login as well. */
  readonly hasFurtherSecret?: boolean;
}

/** Rows of many logins, as they came. */
export interface LoginRowSets {
  readonly aors: readonly PsAorRow[];
  readonly auths: readonly PsAuthRow[];
  readonly endpoints: readonly PsEndpointRow[];
  /** Ids of auth rows that hold a digest besides the password. */
  readonly withFurtherSecrets: readonly string[];
}

type LoginIds = Omit<EndpointIdentity, 'realm'>;

/** Logins in Asterisk's realtime tables: the projection of extension records. */
@Injectable()
export class AsteriskService {
  constructor(
    private readonly repository: AsteriskRepository,
    private readonly contacts: AsteriskContacts,
  ) {}

  /** A new login without registrations. Rows that a former holder of its ids left behind are deleted first. */
  async provision(asterisk: EntityManager, login: Login): Promise<void> {
    if (await this.insertParts(asterisk, login)) {
      await this.contacts.delete(asterisk, login.endpointId);
      return;
    }
    await this.revoke(asterisk, login);
    // A key that is not on `id` refuses it: a part of a login would be none.
    if (!(await this.insertParts(asterisk, login))) throw schemaIncomplete('asterisk');
  }

  /** Makes the login whole: what decides about the credential is set, what is missing is made, the rest stays as it is. */
  async complete(asterisk: EntityManager, login: Login): Promise<void> {
    await this.repository.insertMissingAor(asterisk, this.aorOf(login));
    await this.saveAuth(asterisk, login.authId, login);
    await this.saveEndpoint(asterisk, login);
  }

  /** A login that is not there is made. */
  async changeCredential(asterisk: EntityManager, login: Login): Promise<void> {
    const isThere = await this.repository.setCredential(asterisk, login.authId, this.authOf(login));
    if (!isThere) await this.complete(asterisk, login);
  }

  /**
   * The login under other ids, with all that an operator has set, and without registrations under the old or the new ones.
   * The endpoint lets go of its AOR and auth first: a foreign key may tie them.
   */
  async move(asterisk: EntityManager, former: LoginIds, login: Login): Promise<void> {
    await this.repository.deleteOtherPart(asterisk, 'endpoint', login.endpointId, former.endpointId);
    await this.repository.deleteOtherPart(asterisk, 'auth', login.authId, former.authId);
    await this.repository.deleteOtherPart(asterisk, 'aor', login.aorId, former.aorId);
    await this.repository.setEndpoint(asterisk, former.endpointId, { id: login.endpointId, aors: null, auth: null });
    const isRenamed = await this.repository.renameAor(asterisk, former.aorId, login.aorId);
    if (!isRenamed) await this.repository.insertAor(asterisk, this.aorOf(login));
    await this.saveAuth(asterisk, former.authId, login);
    await this.saveEndpoint(asterisk, login);
    for (const { endpointId } of [former, login]) await this.contacts.delete(asterisk, endpointId);
  }

  /** Deletes the login and its registrations. The endpoint goes first: without its auth it would be open. */
  async revoke(asterisk: EntityManager, identity: LoginIds): Promise<void> {
    await this.repository.deletePart(asterisk, 'endpoint', identity.endpointId);
    await this.repository.deletePart(asterisk, 'auth', identity.authId);
    await this.repository.deletePart(asterisk, 'aor', identity.aorId);
    await this.contacts.delete(asterisk, identity.endpointId);
  }

  /** The auth row a login must have. */
  authOf(login: Login): PsAuthRow {
    const { authId: id, username, realm } = login;
    return { id, authType: AUTH_TYPE, username, password: encodePassword(login.password), realm };
  }

  findLogins(logins: readonly LoginIds[]): Promise<LoginRowSets> {
    const ids = (part: keyof LoginIds): string[] => logins.map((login) => login[part]);
    return this.repository.read(async (manager) => ({
      aors: await this.repository.find(manager, 'aor', ids('aorId')),
      auths: await this.repository.find(manager, 'auth', ids('authId')),
      endpoints: await this.repository.find(manager, 'endpoint', ids('endpointId')),
      withFurtherSecrets: await this.repository.findWithFurtherSecrets(manager, ids('authId')),
    }));
  }

  /** The rows of a login, locked until the transaction ends, in the order in which they are written. */
  async lockLogin(asterisk: EntityManager, { aorId, authId, endpointId }: LoginIds): Promise<LoginRows> {
    const [aor] = await this.repository.find(asterisk, 'aor', [aorId], true);
    const [auth] = await this.repository.find(asterisk, 'auth', [authId], true);
    const [endpoint] = await this.repository.find(asterisk, 'endpoint', [endpointId], true);
    const hasFurtherSecret = (await this.repository.findWithFurtherSecrets(asterisk, [authId])).length > 0;
    return { ...(aor && { aor }), ...(auth && { auth }), ...(endpoint && { endpoint }), hasFurtherSecret };
  }

  /** Removes these rows and no others, the endpoint first, and with it its registrations. */
  async removeRows(asterisk: EntityManager, { endpoint, auth, aor }: LoginRows): Promise<void> {
    if (endpoint) await this.repository.deletePart(asterisk, 'endpoint', endpoint.id);
    if (auth) await this.repository.deletePart(asterisk, 'auth', auth.id);
    if (aor) await this.repository.deletePart(asterisk, 'aor', aor.id);
    if (endpoint) await this.contacts.delete(asterisk, endpoint.id);
  }

  /** Ids of one of the tables in its key order, after `afterId`. */
  listIds(part: LoginPart, afterId: string | undefined, limit: number): Promise<string[]> {
    return this.repository.listIds(part, afterId, limit);
  }

  /** Which of these endpoints are there. */
  async findEndpointIds(ids: readonly string[]): Promise<string[]> {
    const rows = await this.repository.read((manager) => this.repository.find(manager, 'endpoint', ids));
    return rows.map(({ id }) => id);
  }

  /** False when one of the rows is there already. */
  private async insertParts(asterisk: EntityManager, login: Login): Promise<boolean> {
    const { endpointId, aorId, authId } = login;
    return (
      (await this.repository.insertAor(asterisk, this.aorOf(login))) &&
      (await this.repository.insertAuth(asterisk, this.authOf(login))) &&
      (await this.repository.insertEndpoint(asterisk, { id: endpointId, aors: aorId, auth: authId }))
    );
  }

  private aorOf({ aorId }: LoginIds): PsAorRow {
    return { id: aorId, maxContacts: MAX_CONTACTS, removeExisting: REMOVE_EXISTING };
  }

  /** The auth row that is found under `id` gets the login's own id, too. */
  private async saveAuth(asterisk: EntityManager, id: string, login: Login): Promise<void> {
    const auth = this.authOf(login);
    const isThere = await this.repository.setCredential(asterisk, id, auth);
    if (isThere || (await this.repository.insertAuth(asterisk, auth))) return;
    throw schemaIncomplete('asterisk');
  }

  /** A new endpoint begins without registrations. */
  private async saveEndpoint(asterisk: EntityManager, { endpointId: id, aorId, authId }: LoginIds): Promise<void> {
    const endpoint = { id, aors: aorId, auth: authId };
    const isThere = await this.repository.setEndpoint(asterisk, id, endpoint);
    if (isThere) return;
    await this.repository.insertEndpoint(asterisk, endpoint);
    await this.contacts.delete(asterisk, id);
  }
}

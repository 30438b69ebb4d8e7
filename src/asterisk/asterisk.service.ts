import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { schemaIncomplete } from '../platform/database/mysql-errors';
import { AsteriskNodes } from './ami/asterisk-nodes';
import { encodePassword } from './asterisk-password';
import { AsteriskContacts } from './asterisk.contacts';
import { AsteriskRepository } from './asterisk.repository';
import {
  AsteriskRows,
  LOGIN_TABLES,
  type LoginPart,
  type StoredAor,
  type StoredAuth,
  type StoredEndpoint,
} from './asterisk.rows';
import type { PsAuthRow } from './entities/ps-auth.entity';
import type { Login, LoginIds, LoginRows, LoginRowSets } from './login';

export { LOGIN_TABLES };
export type { Login, LoginPart, LoginRows, PsAuthRow, StoredAor, StoredAuth, StoredEndpoint };

const AUTH_TYPE = 'userpass';

/** Logins in Asterisk's realtime tables: the projection of extension records. */
@Injectable()
export class AsteriskService {
  constructor(
    private readonly repository: AsteriskRepository,
    private readonly rows: AsteriskRows,
    private readonly contacts: AsteriskContacts,
    private readonly nodes: AsteriskNodes,
  ) {}

  /** Creates a login without contacts. Rows that already have its ids are deleted first. */
  async provision(asterisk: EntityManager, login: Login): Promise<void> {
    this.forget(asterisk, login);
    if (await this.insertAnew(asterisk, login)) return;
    await this.revoke(asterisk, login);
    // A unique key on a column other than `id` refuses a row, and an incomplete login is of no use.
    if (!(await this.insertAnew(asterisk, login))) throw schemaIncomplete('asterisk');
  }

  /** Completes the login: sets the credential columns, inserts the missing rows, and leaves the rest unchanged. */
  async complete(asterisk: EntityManager, login: Login): Promise<void> {
    this.forget(asterisk, login);
    await this.repository.insertMissingAor(asterisk, login.aorId);
    await this.saveAuth(asterisk, login.authId, login);
    await this.saveEndpoint(asterisk, login);
  }

  /** Sets the credential; completes the login when its auth row is missing. */
  async changeCredential(asterisk: EntityManager, login: Login): Promise<void> {
    this.forget(asterisk, login);
    const isThere = await this.repository.setCredential(asterisk, login.authId, this.authOf(login));
    if (!isThere) await this.complete(asterisk, login);
  }

  /**
   * Gives the login other ids and keeps the columns that operators set. Deletes the contacts under the old and the new
   * ids. First the endpoint's `aors` and `auth` become NULL, because a foreign key may tie them to the other rows.
   */
  async move(asterisk: EntityManager, former: LoginIds, login: Login): Promise<void> {
    this.forget(asterisk, former, login);
    await this.repository.deleteOtherPart(asterisk, 'endpoint', login.endpointId, former.endpointId);
    await this.repository.deleteOtherPart(asterisk, 'auth', login.authId, former.authId);
    await this.repository.deleteOtherPart(asterisk, 'aor', login.aorId, former.aorId);
    await this.repository.setEndpoint(asterisk, former.endpointId, { id: login.endpointId, aors: null, auth: null });
    const isRenamed = await this.repository.renameAor(asterisk, former.aorId, login.aorId);
    if (!isRenamed) await this.repository.insertAor(asterisk, login.aorId);
    await this.saveAuth(asterisk, former.authId, login);
    await this.saveEndpoint(asterisk, login);
    for (const { endpointId } of [former, login]) await this.contacts.delete(asterisk, endpointId);
  }

  /** Deletes logins and their contacts; the endpoints first, since an endpoint without its auth would be open. */
  revoke(asterisk: EntityManager, ...logins: readonly LoginIds[]): Promise<void> {
    this.forget(asterisk, ...logins);
    return this.repository.deleteLogins(asterisk, logins);
  }

  /** The auth row that a login must have. */
  authOf(login: Login): PsAuthRow {
    const { authId: id, username, realm } = login;
    return { id, authType: AUTH_TYPE, username, password: encodePassword(login.password), realm };
  }

  findLogins(logins: readonly LoginIds[]): Promise<LoginRowSets> {
    const ids = (part: keyof LoginIds): string[] => logins.map((login) => login[part]);
    return this.rows.read(async (manager) => ({
      aors: await this.rows.find(manager, 'aor', ids('aorId')),
      auths: await this.rows.find(manager, 'auth', ids('authId')),
      endpoints: await this.rows.find(manager, 'endpoint', ids('endpointId')),
      withFurtherSecrets: await this.rows.findWithFurtherSecrets(manager, ids('authId')),
    }));
  }

  /** Locks the rows of a login until the transaction ends, in the order in which they are written. */
  async lockLogin(asterisk: EntityManager, { aorId, authId, endpointId }: LoginIds): Promise<LoginRows> {
    const [aor] = await this.rows.find(asterisk, 'aor', [aorId], true);
    const [auth] = await this.rows.find(asterisk, 'auth', [authId], true);
    const [endpoint] = await this.rows.find(asterisk, 'endpoint', [endpointId], true);
    const hasFurtherSecret = (await this.rows.findWithFurtherSecrets(asterisk, [authId])).length > 0;
    return { ...(aor && { aor }), ...(auth && { auth }), ...(endpoint && { endpoint }), hasFurtherSecret };
  }

  /** Deletes these rows and no others, the endpoint first, and the contacts of the endpoint. */
  async removeRows(asterisk: EntityManager, { endpoint, auth, aor }: LoginRows): Promise<void> {
    this.nodes.forgetAfterCommit(asterisk, {
      ...(endpoint && { endpoint: endpoint.id }),
      ...(auth && { auth: auth.id }),
      ...(aor && { aor: aor.id }),
    });
    if (endpoint) await this.repository.deletePart(asterisk, 'endpoint', endpoint.id);
    if (auth) await this.repository.deletePart(asterisk, 'auth', auth.id);
    if (aor) await this.repository.deletePart(asterisk, 'aor', aor.id);
    if (endpoint) await this.contacts.delete(asterisk, endpoint.id);
  }

  /** Ids of one table in key order, after `afterId`. */
  listIds(part: LoginPart, afterId: string | undefined, limit: number): Promise<string[]> {
    return this.rows.listIds(part, afterId, limit);
  }

  /** Rows in key order after `afterId`, with the columns that decide about access. */
  listAors(afterId: string | undefined, limit: number): Promise<StoredAor[]> {
    return this.rows.listAors(afterId, limit);
  }

  listAuths(afterId: string | undefined, limit: number): Promise<StoredAuth[]> {
    return this.rows.listAuths(afterId, limit);
  }

  listEndpoints(afterId: string | undefined, limit: number): Promise<StoredEndpoint[]> {
    return this.rows.listEndpoints(afterId, limit);
  }

  /** At most `limit` ids of endpoints, from one id to another. */
  listEndpointIdsBetween(first: string, last: string, limit: number): Promise<string[]> {
    return this.rows.listIdsBetween('endpoint', first, last, limit);
  }

  /** The ids of these endpoints that exist. */
  async findEndpointIds(ids: readonly string[]): Promise<string[]> {
    const rows = await this.rows.read((manager) => this.rows.find(manager, 'endpoint', ids));
    return rows.map(({ id }) => id);
  }

  /** Asterisk may have cached the rows of these ids, as they were before the change. */
  private forget(asterisk: EntityManager, ...logins: readonly LoginIds[]): void {
    const objects = logins.map(({ endpointId, authId, aorId }) => ({ endpoint: endpointId, auth: authId, aor: aorId }));
    this.nodes.forgetAfterCommit(asterisk, ...objects);
  }

  /** False when one of the rows exists already. */
  private insertAnew(asterisk: EntityManager, login: Login): Promise<boolean> {
    const { endpointId: id, aorId, authId } = login;
    return this.repository.insertLogin(asterisk, {
      aorId,
      auth: this.authOf(login),
      endpoint: { id, aors: aorId, auth: authId },
    });
  }

  /** Updates the auth row `id`, which also gets the login's own auth id, or inserts it. */
  private async saveAuth(asterisk: EntityManager, id: string, login: Login): Promise<void> {
    const auth = this.authOf(login);
    const isThere = await this.repository.setCredential(asterisk, id, auth);
    if (isThere || (await this.repository.insertAuth(asterisk, auth))) return;
    throw schemaIncomplete('asterisk');
  }

  /** Updates the endpoint, or inserts it. A new endpoint starts without contacts. */
  private async saveEndpoint(asterisk: EntityManager, { endpointId: id, aorId, authId }: LoginIds): Promise<void> {
    const endpoint = { id, aors: aorId, auth: authId };
    const isThere = await this.repository.setEndpoint(asterisk, id, endpoint);
    if (isThere) return;
    await this.repository.insertEndpoint(asterisk, endpoint);
    await this.contacts.delete(asterisk, id);
  }
}

import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { isDuplicateKey, isReferenced } from '../platform/database/mysql-errors';
import { together } from '../platform/database/source/statement-packets';
import { AsteriskContacts } from './asterisk.contacts';
import { LOGIN_TABLES, type LoginPart } from './asterisk.rows';
import { AsteriskSecrets } from './asterisk.secrets';
import type { PsAuthRow } from './entities/ps-auth.entity';
import type { PsEndpointRow } from './entities/ps-endpoint.entity';
import { NewRows } from './new-rows';

interface NewLogin {
  readonly aorId: string;
  readonly auth: PsAuthRow;
  readonly endpoint: PsEndpointRow;
}

type LoginKeys = Readonly<Record<'endpointId' | 'authId' | 'aorId', string>>;

/**
 * Writes the realtime tables. An endpoint row without its auth row would let callers in unverified, so the order of calls
 * matters.
 */
@Injectable()
export class AsteriskRepository {
  constructor(
    private readonly contacts: AsteriskContacts,
    private readonly secrets: AsteriskSecrets,
    private readonly newRows: NewRows,
  ) {}

  /** Inserts the rows of a login without contacts. False when one of the rows exists already. */
  insertLogin(asterisk: EntityManager, { aorId, auth, endpoint }: NewLogin): Promise<boolean> {
    return unlessThere(
      together(
        asterisk.query(...this.newRows.aor(aorId)),
        asterisk.query(...this.newRows.auth(auth)),
        asterisk.query(...this.newRows.endpoint(endpoint)),
        this.contacts.delete(asterisk, endpoint.id),
      ),
    );
  }

  /** False when the row exists already. */
  async insertAor(asterisk: EntityManager, id: string): Promise<boolean> {
    return unlessThere(asterisk.query(...this.newRows.aor(id)));
  }

  /** Leaves an existing row unchanged, also in a table without keys. */
  async insertMissingAor(asterisk: EntityManager, id: string): Promise<void> {
    await asterisk.query(...this.newRows.missingAor(id));
  }

  /** False when the row exists already. */
  async insertAuth(asterisk: EntityManager, auth: PsAuthRow): Promise<boolean> {
    return unlessThere(asterisk.query(...this.newRows.auth(auth)));
  }

  /** False when the row exists already. */
  async insertEndpoint(asterisk: EntityManager, endpoint: PsEndpointRow): Promise<boolean> {
    return unlessThere(asterisk.query(...this.newRows.endpoint(endpoint)));
  }

  /** Sets the id and every column that decides about the credential, no other. False when the auth row is missing. */
  async setCredential(asterisk: EntityManager, id: string, auth: PsAuthRow): Promise<boolean> {
    const cleared = (await this.secrets.columns(asterisk)).map((column) => `, ${column} = NULL`).join('');
    const sql = `UPDATE ps_auths SET id = ?, auth_type = ?, username = ?, password = ?, realm = ?${cleared} WHERE id = ?`;
    const values = [auth.id, auth.authType, auth.username, auth.password, auth.realm, id];
    return isFound(await asterisk.query(sql, values));
  }

  /** Sets the id of an endpoint, its AOR and its auth; operators own the other columns. False when it is missing. */
  async setEndpoint(asterisk: EntityManager, id: string, endpoint: PsEndpointRow): Promise<boolean> {
    const sql = 'UPDATE ps_endpoints SET id = ?, aors = ?, auth = ? WHERE id = ?';
    const set = (): Promise<unknown> => asterisk.query(sql, [endpoint.id, endpoint.aors, endpoint.auth, id]);
    return isFound(await this.withoutContacts(asterisk, [id], set));
  }

  /** False when the AOR is missing. */
  async renameAor(asterisk: EntityManager, id: string, newId: string): Promise<boolean> {
    return isFound(await asterisk.query('UPDATE ps_aors SET id = ? WHERE id = ?', [newId, id]));
  }

  async deletePart(asterisk: EntityManager, part: LoginPart, id: string): Promise<void> {
    await this.withoutContacts(asterisk, [id], () =>
      asterisk.query(`DELETE FROM ${LOGIN_TABLES[part]} WHERE id = ?`, [id]),
    );
  }

  /** Deletes the rows of logins, the endpoints first, and then their contacts. */
  async deleteLogins(asterisk: EntityManager, logins: readonly LoginKeys[]): Promise<void> {
    const idsOf = (part: keyof LoginKeys): string[] => logins.map((login) => login[part]);
    const remove = (table: string, part: keyof LoginKeys): Promise<unknown> =>
      asterisk.query(`DELETE FROM ${table} WHERE id IN (?)`, [idsOf(part)]);
    await this.withoutContacts(asterisk, idsOf('endpointId'), () =>
      together(
        remove('ps_endpoints', 'endpointId'),
        remove('ps_auths', 'authId'),
        remove('ps_aors', 'aorId'),
        this.contacts.delete(asterisk, ...idsOf('endpointId')),
      ),
    );
  }

  /**
   * Like {@link deletePart}, but keeps a row whose id the table takes for `keptId`, such as the same id in another
   * case.
   */
  async deleteOtherPart(asterisk: EntityManager, part: LoginPart, id: string, keptId: string): Promise<void> {
    const sql = `DELETE FROM ${LOGIN_TABLES[part]} WHERE id = ? AND id <> ?`;
    await this.withoutContacts(asterisk, [id], () => asterisk.query(sql, [id, keptId]));
  }

  /** Where a foreign key refuses the change, deletes the contacts of the endpoint and tries again. */
  private async withoutContacts(
    asterisk: EntityManager,
    ids: readonly string[],
    change: () => Promise<unknown>,
  ): Promise<unknown> {
    try {
      return await change();
    } catch (error) {
      if (!isReferenced(error)) throw error;
      await this.contacts.delete(asterisk, ...ids);
      return change();
    }
  }
}

async function unlessThere(insert: Promise<unknown>): Promise<boolean> {
  try {
    await insert;
    return true;
  } catch (error) {
    if (isDuplicateKey(error) === undefined) throw error;
    return false;
  }
}

/** `affectedRows` counts the rows found, changed or not. */
function isFound(result: unknown): boolean {
  return (result as { affectedRows: number }).affectedRows > 0;
}

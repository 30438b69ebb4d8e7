import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { In, type EntityManager, type EntityTarget, type FindManyOptions } from 'typeorm';
import { AsteriskDatabase } from '../platform/database/source/databases';
import { isDuplicateKey, isReferenced } from '../platform/database/mysql-errors';
import { together } from '../platform/database/source/statement-packets';
import { AsteriskContacts } from './asterisk.contacts';
import { PsAorEntity, type PsAorRow } from './entities/ps-aor.entity';
import { PsAuthEntity, type PsAuthRow } from './entities/ps-auth.entity';
import { PsEndpointEntity, type PsEndpointRow } from './entities/ps-endpoint.entity';

/** The rows that make up a login. */
export type LoginPart = keyof PartRow;

interface PartRow {
  readonly aor: PsAorRow;
  readonly auth: PsAuthRow;
  readonly endpoint: PsEndpointRow;
}

export type StoredAor = Pick<PsAorRow, 'id'>;
export type StoredEndpoint = PsEndpointRow;
export interface StoredAuth extends PsAuthRow {
  /** The row holds a digest besides the password. */
  readonly hasFurtherSecret: boolean;
}

const ENTITIES: { readonly [Part in LoginPart]: EntityTarget<PartRow[Part]> } = {
  aor: PsAorEntity,
  auth: PsAuthEntity,
  endpoint: PsEndpointEntity,
};

const TABLES = { aor: 'ps_aors', auth: 'ps_auths', endpoint: 'ps_endpoints' } as const;

const INSERT_AOR = 'INSERT INTO ps_aors (id, max_contacts, remove_existing) VALUES (?, ?, ?)';
const INSERT_AUTH = 'INSERT INTO ps_auths (id, auth_type, username, password, realm) VALUES (?, ?, ?, ?, ?)';
const INSERT_ENDPOINT = 'INSERT INTO ps_endpoints (id, aors, auth) VALUES (?, ?, ?)';

/** Columns besides `password` that can open a login. Which of them exist depends on Asterisk's version. */
const FURTHER_SECRETS = ['md5_cred', 'password_digest'] as const;
/** The list of columns is read again after this time: an upgrade of Asterisk can add columns while the service runs. */
const COLUMNS_MAX_AGE_MS = 60_000;

/**
 * The realtime tables. An endpoint row without its auth row would let callers in unverified, so the order of calls
 * matters.
 */
@Injectable()
export class AsteriskRepository implements OnApplicationBootstrap {
  private secrets: { readonly columns: readonly string[]; readonly readAt: number } | undefined;

  constructor(
    private readonly database: AsteriskDatabase,
    private readonly contacts: AsteriskContacts,
  ) {}

  /** Reads the columns before the first request. The command line has no connection yet, so it reads them later. */
  async onApplicationBootstrap(): Promise<void> {
    await this.database.read((manager) => this.furtherSecrets(manager)).catch(() => undefined);
  }

  /** Inserts the rows of a login without contacts. False when one of the rows exists already. */
  insertLogin(asterisk: EntityManager, { aor, auth, endpoint }: PartRow): Promise<boolean> {
    return unlessThere(
      together(
        asterisk.query(INSERT_AOR, [aor.id, aor.maxContacts, aor.removeExisting]),
        asterisk.query(INSERT_AUTH, [auth.id, auth.authType, auth.username, auth.password, auth.realm]),
        asterisk.query(INSERT_ENDPOINT, [endpoint.id, endpoint.aors, endpoint.auth]),
        this.contacts.delete(asterisk, endpoint.id),
      ),
    );
  }

  /** False when the row exists already. */
  async insertAor(asterisk: EntityManager, { id, maxContacts, removeExisting }: PsAorRow): Promise<boolean> {
    return unlessThere(asterisk.query(INSERT_AOR, [id, maxContacts, removeExisting]));
  }

  /** Leaves an existing row unchanged, also in a table without keys. */
  async insertMissingAor(asterisk: EntityManager, { id, maxContacts, removeExisting }: PsAorRow): Promise<void> {
    const sql = `INSERT INTO ps_aors (id, max_contacts, remove_existing)
                 SELECT ?, ?, ? FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM ps_aors WHERE id = ?)`;
    await asterisk.query(sql, [id, maxContacts, removeExisting, id]);
  }

  /** False when the row exists already. */
  async insertAuth(asterisk: EntityManager, { id, authType, username, password, realm }: PsAuthRow): Promise<boolean> {
    return unlessThere(asterisk.query(INSERT_AUTH, [id, authType, username, password, realm]));
  }

  /** False when the row exists already. */
  async insertEndpoint(asterisk: EntityManager, { id, aors, auth }: PsEndpointRow): Promise<boolean> {
    return unlessThere(asterisk.query(INSERT_ENDPOINT, [id, aors, auth]));
  }

  /** Sets the id and every column that decides about the credential, no other. False when the auth row is missing. */
  async setCredential(asterisk: EntityManager, id: string, auth: PsAuthRow): Promise<boolean> {
    const cleared = (await this.furtherSecrets(asterisk)).map((column) => `, ${column} = NULL`).join('');
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
    await this.withoutContacts(asterisk, [id], () => asterisk.query(`DELETE FROM ${TABLES[part]} WHERE id = ?`, [id]));
  }

  /** Deletes the rows of logins, the endpoints first, and then their contacts. */
  async deleteLogins(
    asterisk: EntityManager,
    logins: readonly Readonly<Record<'endpointId' | 'authId' | 'aorId', string>>[],
  ): Promise<void> {
    const endpointIds = logins.map(({ endpointId }) => endpointId);
    const remove = (table: string, ids: readonly string[]): Promise<unknown> =>
      asterisk.query(`DELETE FROM ${table} WHERE id IN (?)`, [ids]);
    await this.withoutContacts(asterisk, endpointIds, () =>
      together(
        remove('ps_endpoints', endpointIds),
        remove(
          'ps_auths',
          logins.map(({ authId }) => authId),
        ),
        remove(
          'ps_aors',
          logins.map(({ aorId }) => aorId),
        ),
        this.contacts.delete(asterisk, ...endpointIds),
      ),
    );
  }

  /**
   * Like {@link deletePart}, but keeps a row whose id the table takes for `keptId`, such as the same id in another
   * case.
   */
  async deleteOtherPart(asterisk: EntityManager, part: LoginPart, id: string, keptId: string): Promise<void> {
    const sql = `DELETE FROM ${TABLES[part]} WHERE id = ? AND id <> ?`;
    await this.withoutContacts(asterisk, [id], () => asterisk.query(sql, [id, keptId]));
  }

  find<Part extends LoginPart>(
    manager: EntityManager,
    part: Part,
    ids: readonly string[],
    locking = false,
  ): Promise<PartRow[Part][]> {
    const where = { id: In([...ids]) };
    return manager.find<PartRow[Part]>(ENTITIES[part], { where, ...lockOf(locking) } as FindManyOptions<PartRow[Part]>);
  }

  /** The ids of these auth rows that hold a secret besides the password. */
  async findWithFurtherSecrets(manager: EntityManager, ids: readonly string[]): Promise<string[]> {
    const columns = await this.furtherSecrets(manager);
    if (columns.length === 0 || ids.length === 0) return [];
    const sql = `SELECT id FROM ps_auths WHERE id IN (?) AND ${isAnySet(columns)}`;
    return (await manager.query<{ id: string }[]>(sql, [[...ids]])).map(({ id }) => id);
  }

  read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.database.read(work);
  }

  /** Ids of a table in key order, after `afterId`. */
  async listIds(part: LoginPart, afterId: string | undefined, limit: number): Promise<string[]> {
    const rows = await this.database.read((manager) => this.list<StoredAor>(manager, part, 'id', afterId, limit));
    return rows.map(({ id }) => id);
  }

  listAors(afterId: string | undefined, limit: number): Promise<StoredAor[]> {
    return this.database.read((manager) => this.list<StoredAor>(manager, 'aor', 'id', afterId, limit));
  }

  listAuths(afterId: string | undefined, limit: number): Promise<StoredAuth[]> {
    return this.database.read(async (manager) => {
      const isSet = isAnySet(await this.furtherSecrets(manager));
      const columns = `id, auth_type AS authType, username, password, realm, ${isSet} AS hasFurtherSecret`;
      const rows = await this.list<PsAuthRow & { hasFurtherSecret: unknown }>(manager, 'auth', columns, afterId, limit);
      return rows.map((row) => Object.assign(row, { hasFurtherSecret: Number(row.hasFurtherSecret) !== 0 }));
    });
  }

  listEndpoints(afterId: string | undefined, limit: number): Promise<StoredEndpoint[]> {
    return this.database.read((manager) =>
      this.list<StoredEndpoint>(manager, 'endpoint', 'id, aors, auth', afterId, limit),
    );
  }

  /** At most `limit` ids from one id to another, in the table's own order. */
  async listIdsBetween(part: LoginPart, first: string, last: string, limit: number): Promise<string[]> {
    const sql = `SELECT id FROM ${TABLES[part]} WHERE id >= ? AND id <= ? ORDER BY id LIMIT ${limit}`;
    const rows = await this.database.read((manager) => manager.query<StoredAor[]>(sql, [first, last]));
    return rows.map(({ id }) => id);
  }

  /** Without TypeORM's entities, which cost more than all else where a million rows are read. */
  private list<Row>(
    manager: EntityManager,
    part: LoginPart,
    columns: string,
    afterId: string | undefined,
    limit: number,
  ): Promise<Row[]> {
    const condition = afterId === undefined ? '' : 'WHERE id > ?';
    const sql = `SELECT ${columns} FROM ${TABLES[part]} ${condition} ORDER BY id LIMIT ${limit}`;
    return manager.query<Row[]>(sql, afterId === undefined ? [] : [afterId]);
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

  /** Uses the caller's connection: a caller that holds one and waits for a second one could deadlock the pool. */
  private async furtherSecrets(manager: EntityManager): Promise<readonly string[]> {
    if (this.secrets !== undefined && performance.now() - this.secrets.readAt < COLUMNS_MAX_AGE_MS) {
      return this.secrets.columns;
    }
    const rows = await manager.query<{ name: string }[]>(
      `SELECT column_name AS name FROM information_schema.columns
        WHERE table_schema = database() AND table_name = 'ps_auths'`,
    );
    const there = new Set(rows.map(({ name }) => name.toLowerCase()));
    const columns = FURTHER_SECRETS.filter((column) => there.has(column));
    this.secrets = { columns, readAt: performance.now() };
    return columns;
  }
}

function isAnySet(columns: readonly string[]): string {
  return `(${columns.map((column) => `COALESCE(${column}, '') <> ''`).join(' OR ') || 'FALSE'})`;
}

/** A locking read waits for a transaction that is writing the row, and then sees what it wrote. */
function lockOf(locking: boolean): { lock?: { mode: 'pessimistic_write' } } {
  return locking ? { lock: { mode: 'pessimistic_write' } } : {};
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

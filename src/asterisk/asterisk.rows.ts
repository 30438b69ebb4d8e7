import { Injectable } from '@nestjs/common';
import { In, type EntityManager, type EntityTarget, type FindManyOptions } from 'typeorm';
import { AsteriskDatabase } from '../platform/database/source/databases';
import { AsteriskSecrets } from './asterisk.secrets';
import { PsAorEntity, type PsAorRow } from './entities/ps-aor.entity';
import { PsAuthEntity, type PsAuthRow } from './entities/ps-auth.entity';
import { PsEndpointEntity, type PsEndpointRow } from './entities/ps-endpoint.entity';

/** The rows that make up a login. */
export type LoginPart = keyof PartRow;

export interface PartRow {
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

export const LOGIN_TABLES = { aor: 'ps_aors', auth: 'ps_auths', endpoint: 'ps_endpoints' } as const;

/** Reads the realtime tables. */
@Injectable()
export class AsteriskRows {
  constructor(
    private readonly database: AsteriskDatabase,
    private readonly secrets: AsteriskSecrets,
  ) {}

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
    const columns = await this.secrets.columns(manager);
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
      const isSet = isAnySet(await this.secrets.columns(manager));
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
    const sql = `SELECT id FROM ${LOGIN_TABLES[part]} WHERE id >= ? AND id <= ? ORDER BY id LIMIT ${limit}`;
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
    const sql = `SELECT ${columns} FROM ${LOGIN_TABLES[part]} ${condition} ORDER BY id LIMIT ${limit}`;
    return manager.query<Row[]>(sql, afterId === undefined ? [] : [afterId]);
  }
}

function isAnySet(columns: readonly string[]): string {
  return `(${columns.map((column) => `COALESCE(${column}, '') <> ''`).join(' OR ') || 'FALSE'})`;
}

/** A locking read waits for a transaction that is writing the row, and then sees what it wrote. */
function lockOf(locking: boolean): { lock?: { mode: 'pessimistic_write' } } {
  return locking ? { lock: { mode: 'pessimistic_write' } } : {};
}

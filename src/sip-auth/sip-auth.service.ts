import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BinDatabase } from '../platform/database/source/databases';
import { bytesToUuid, fromHex, uuidToBytes } from '../platform/wire/go-uuid';
import { isReadAsMeant } from './allowed-network';
import { SipAuthEntity, type SipAuthRow } from './sip-auth.entity';

export type { SipAuthRow };

/** The parts of an extension or trunk that Kamailio needs. */
export interface SipAccount {
  readonly id: string;
  readonly referenceType: 'extension' | 'trunk';
  readonly authTypes: readonly string[];
  readonly realm: string;
  readonly username: string;
  readonly password: string;
  readonly allowedIps: readonly string[];
  readonly tmCreate: string | null;
  readonly tmUpdate: string | null;
}

/** A stored row. A list is `undefined` when its column is neither NULL nor a JSON list of texts. */
export interface StoredSipAuth {
  readonly id: string;
  readonly referenceType: string | null;
  readonly authTypes: readonly string[] | undefined;
  readonly realm: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly allowedIps: readonly string[] | undefined;
}

interface RawRow {
  readonly id: Buffer;
  readonly reference_type: string | null;
  readonly auth_types: string | null;
  readonly realm: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly allowed_ips: string | null;
}

const COMPARED = ['reference_type', 'auth_types', 'realm', 'username', 'password', 'allowed_ips'];

const COLUMNS = ['id', ...COMPARED, 'tm_create', 'tm_update'];
const PROJECT = `INSERT INTO registrar_sip_auths (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})
      ON DUPLICATE KEY UPDATE ${[...COMPARED, 'tm_update'].map((column) => `${column} = VALUES(${column})`).join(', ')}`;

/** The table of credentials and addresses that Kamailio reads. */
@Injectable()
export class SipAuthService {
  constructor(private readonly database: BinDatabase) {}

  /** Inserts or updates the row: a lost row comes back with the next change. */
  async project(bin: EntityManager, account: SipAccount): Promise<void> {
    const row = sipAuthOf(account);
    await bin.query(PROJECT, [
      uuidToBytes(row.id),
      row.referenceType,
      JSON.stringify(row.authTypes),
      row.realm,
      row.username,
      row.password,
      JSON.stringify(row.allowedIps),
      row.tmCreate,
      row.tmUpdate,
    ]);
  }

  async remove(bin: EntityManager, ...ids: readonly string[]): Promise<void> {
    await bin.query('DELETE FROM registrar_sip_auths WHERE id IN (?)', [ids.map(uuidToBytes)]);
  }

  /**
   * Stored rows. A JSON column that is no list of texts must not pass for an empty list. Uses the connection of `bin`
   * if given, or another one.
   */
  async findStored(ids: readonly string[], bin?: EntityManager): Promise<StoredSipAuth[]> {
    if (ids.length === 0) return [];
    const find = (manager: EntityManager): Promise<RawRow[]> =>
      manager
        .createQueryBuilder(SipAuthEntity, 'r')
        .select(['id', ...COMPARED].map((column) => `r.${column} AS ${column}`))
        .where('r.id IN (:...ids)', { ids: ids.map(uuidToBytes) })
        .getRawMany<RawRow>();
    return (await (bin ? find(bin) : this.database.read(find))).map((row) => storedOf(bytesToUuid(row.id), row));
  }

  /**
   * At most `limit` rows that Kamailio finds by this realm and user name, in the order in which it reads them. The
   * collation of the table decides what is equal: mostly, case and accents do not count.
   */
  async listByCredential(realm: string, username: string, limit: number): Promise<StoredSipAuth[]> {
    const rows = await this.database.read((manager) =>
      manager
        .createQueryBuilder(SipAuthEntity, 'r')
        .select(['id', ...COMPARED].map((column) => `r.${column} AS ${column}`))
        .where('r.realm = :realm AND r.username = :username', { realm, username })
        .orderBy('r.id', 'ASC')
        .limit(limit)
        .getRawMany<RawRow>(),
    );
    return rows.map((row) => storedOf(bytesToUuid(row.id), row));
  }

  /** All rows in key order, after `afterId`. Without Node's buffers, which are many where a million rows are read. */
  async listStored(afterId: string | undefined, limit: number): Promise<StoredSipAuth[]> {
    const rows = await this.database.read((manager) => {
      const columns = ['LOWER(HEX(r.id)) AS hex', ...COMPARED.map((column) => `r.${column} AS ${column}`)];
      const query = manager.createQueryBuilder(SipAuthEntity, 'r').select(columns);
      if (afterId !== undefined) query.where('r.id > :after', { after: uuidToBytes(afterId) });
      return query.orderBy('r.id', 'ASC').limit(limit).getRawMany<Omit<RawRow, 'id'> & { readonly hex: string }>();
    });
    return rows.map((row) => storedOf(fromHex(row.hex), row));
  }

  /** Id and realm of all rows in key order, after `afterId`. */
  async listRealms(afterId: string | undefined, limit: number): Promise<{ id: string; realm: string }[]> {
    const rows = await this.database.read((manager) => {
      const query = manager.createQueryBuilder(SipAuthEntity, 'r').select(['r.id AS id', 'r.realm AS realm']);
      if (afterId !== undefined) query.where('r.id > :after', { after: uuidToBytes(afterId) });
      return query.orderBy('r.id', 'ASC').limit(limit).getRawMany<Pick<RawRow, 'id' | 'realm'>>();
    });
    return rows.map(({ id, realm }) => ({ id: bytesToUuid(id), realm: realm ?? '' }));
  }
}

/**
 * The row of an account. Kamailio ignores `auth_types` when it checks a digest, and it accepts an empty password. So
 * user name and password are NULL unless `basic` is among the types and both are set (docs/decisions/0016). An address
 * entry that Kamailio would read as a wider network is left out.
 */
export function sipAuthOf(account: SipAccount): SipAuthRow {
  const opens = account.authTypes.includes('basic') && account.username !== '' && account.password !== '';
  return {
    id: account.id,
    referenceType: account.referenceType,
    authTypes: [...account.authTypes],
    realm: account.realm,
    username: opens ? account.username : null,
    password: opens ? account.password : null,
    allowedIps: account.allowedIps.filter(isReadAsMeant),
    tmCreate: account.tmCreate,
    tmUpdate: account.tmUpdate,
  };
}

function storedOf(id: string, row: Omit<RawRow, 'id'>): StoredSipAuth {
  return {
    id,
    referenceType: row.reference_type,
    authTypes: listOf(row.auth_types),
    realm: row.realm,
    username: row.username,
    password: row.password,
    allowedIps: listOf(row.allowed_ips),
  };
}

function listOf(text: string | null): readonly string[] | undefined {
  if (text === null || text === '[]') return [];
  try {
    const parsed: unknown = JSON.parse(text);
    if (parsed === null) return [];
    return Array.isArray(parsed) && parsed.every((entry) => typeof entry === 'string') ? parsed : undefined;
  } catch {
    return undefined;
  }
}

import { Injectable } from '@nestjs/common';
import { In, type EntityManager } from 'typeorm';
import { BinDatabase } from '../platform/database/source/databases';
import { bytesToUuid, uuidToBytes } from '../platform/wire/go-uuid';
import { SipAuthEntity, type SipAuthRow } from './sip-auth.entity';

const ALL_BUT_CREATION = ['reference_type', 'auth_types', 'realm', 'username', 'password', 'allowed_ips', 'tm_update'];

const STORED = ['id', 'reference_type', 'auth_types', 'realm', 'username', 'password', 'allowed_ips'].map(
  (column) => `r.${column} AS ${column}`,
);

/** A row as it is stored; `undefined` lists are neither NULL nor a list of texts. */
export interface StoredSipAuth {
  readonly id: string;
  readonly referenceType: string | null;
  readonly authTypes: readonly string[] | undefined;
  readonly realm: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly allowedIps: readonly string[] | undefined;
}

interface StoredRow {
  readonly id: Buffer;
  readonly reference_type: string | null;
  readonly auth_types: string | null;
  readonly realm: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly allowed_ips: string | null;
}

/** The table that Kamailio reads. */
@Injectable()
export class SipAuthRepository {
  constructor(private readonly database: BinDatabase) {}

  /** Writes the row whether or not one is there: a lost row must come back with the next change. */
  async save(bin: EntityManager, row: SipAuthRow): Promise<void> {
    await bin
      .createQueryBuilder()
      .insert()
      .into(SipAuthEntity)
      .values(row)
      .orUpdate(ALL_BUT_CREATION, ['id'])
      .updateEntity(false)
      .execute();
  }

  async delete(bin: EntityManager, id: string): Promise<void> {
    await bin.delete(SipAuthEntity, { id });
  }

  find(bin: EntityManager, ids: readonly string[]): Promise<SipAuthRow[]> {
    return bin.find(SipAuthEntity, { where: { id: In([...ids]) } });
  }

  read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.database.read(work);
  }

  /** Rows as Kamailio sees them: a JSON column that is no list of texts must not pass for an empty list. */
  async findStored(bin: EntityManager, ids: readonly string[]): Promise<StoredSipAuth[]> {
    if (ids.length === 0) return [];
    const rows = await bin
      .createQueryBuilder(SipAuthEntity, 'r')
      .select(STORED)
      .where('r.id IN (:...ids)', { ids: ids.map(uuidToBytes) })
      .getRawMany<StoredRow>();
    return rows.map(storedOf);
  }

  /** Id and realm of all rows in key order, after `afterId`. */
  async listRealms(afterId: string | undefined, limit: number): Promise<{ id: string; realm: string }[]> {
    const rows = await this.database.read((manager) => {
      const query = manager.createQueryBuilder(SipAuthEntity, 'r').select(['r.id AS id', 'r.realm AS realm']);
      if (afterId !== undefined) query.where('r.id > :after', { after: uuidToBytes(afterId) });
      return query.orderBy('r.id', 'ASC').limit(limit).getRawMany<Pick<StoredRow, 'id' | 'realm'>>();
    });
    return rows.map(({ id, realm }) => ({ id: bytesToUuid(id), realm: realm ?? '' }));
  }
}

function storedOf(row: StoredRow): StoredSipAuth {
  return {
    id: bytesToUuid(row.id),
    referenceType: row.reference_type,
    authTypes: listOf(row.auth_types),
    realm: row.realm,
    username: row.username,
    password: row.password,
    allowedIps: listOf(row.allowed_ips),
  };
}

function listOf(text: string | null): readonly string[] | undefined {
  if (text === null) return [];
  try {
    const parsed: unknown = JSON.parse(text);
    if (parsed === null) return [];
    return Array.isArray(parsed) && parsed.every((entry) => typeof entry === 'string') ? parsed : undefined;
  } catch {
    return undefined;
  }
}

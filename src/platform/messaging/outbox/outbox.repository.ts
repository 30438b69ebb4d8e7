import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BinDatabase } from '../../database/source/databases';
import { bytesToUuid, uuidToBytes } from '../../wire/go-uuid';
import { withBudget } from './statement-budget';

/** A stored event on its way to the broker. */
export interface OutboxRow {
  readonly id: string;
  readonly type: string;
  readonly publisher: string;
  readonly payload: string;
  readonly cacheKeys: readonly string[];
  /** The event is published; only its cache keys are still to be dropped. */
  readonly isPublished: boolean;
}

type NewOutboxRow = Omit<OutboxRow, 'id' | 'isPublished'> & { readonly resourceId: string };

interface RawRow {
  id: string | number;
  type: string;
  publisher: string;
  payload: string;
  cache_keys: string;
  tm_published: string | null;
}

const CACHE_KEYS_PAGE = 500;
const VALUES = '(?, ?, ?, ?, ?, utc_timestamp(6), ?, utc_timestamp(6) + INTERVAL ? SECOND)';
const COLUMNS = 'id, type, publisher, payload, cache_keys, tm_published';

/**
 * The outbox table. It uses the clock of the database, so that replicas agree on leases. A statement on several ids
 * forces the primary key: otherwise the optimizer scans a small table, and a scan waits for every row that an open
 * transaction has just inserted. (`DELETE … WHERE id IN` scans even with a hint, hence the join.)
 */
@Injectable()
export class OutboxRepository {
  constructor(private readonly database: BinDatabase) {}

  /** Writes an event inside the caller's transaction, already leased to this process for the fast path. */
  async insert(bin: EntityManager, row: NewOutboxRow, owner: string, leaseSeconds: number): Promise<string> {
    return String((await this.insertAll(bin, [row], owner, leaseSeconds)).insertId);
  }

  /** Like {@link insert}; returns the id of the first row. */
  insertAll(
    bin: EntityManager,
    rows: readonly NewOutboxRow[],
    owner: string,
    leaseSeconds: number,
  ): Promise<{ readonly insertId: number | string }> {
    return bin.query(
      `INSERT INTO registrar_outbox
         (resource_id, type, publisher, payload, cache_keys, tm_create, claimed_by, claimed_until)
       VALUES ${rows.map(() => VALUES).join(', ')}`,
      rows.flatMap(({ resourceId, type, publisher, payload, cacheKeys }) => {
        const keys = JSON.stringify(cacheKeys);
        return [uuidToBytes(resourceId), type, publisher, payload, keys, owner, leaseSeconds];
      }),
    );
  }

  /** The unpublished events of each resource, the oldest first. */
  async findWaiting(bin: EntityManager, resourceIds: readonly string[]): Promise<Map<string, string[]>> {
    const rows = await bin.query<{ id: string | number; resource_id: Buffer }[]>(
      'SELECT id, resource_id FROM registrar_outbox WHERE resource_id IN (?) AND tm_published IS NULL ORDER BY id',
      [resourceIds.map(uuidToBytes)],
    );
    const found = new Map<string, string[]>(resourceIds.map((id) => [id, []]));
    for (const row of rows) found.get(bytesToUuid(row.resource_id))?.push(String(row.id));
    return found;
  }

  /** Unpublished events of the same resource before the event that this transaction has inserted last. */
  async findEarlier(bin: EntityManager, resourceId: string): Promise<string[]> {
    const rows = await bin.query<{ id: string | number }[]>(
      'SELECT id FROM registrar_outbox WHERE resource_id = ? AND id < LAST_INSERT_ID() AND tm_published IS NULL',
      [uuidToBytes(resourceId)],
    );
    return rows.map((row) => String(row.id));
  }

  /**
   * Leases the oldest waiting event of each resource, so that a resource's events go out in order whichever replica
   * sends them. `withPublished` adds rows that only the cache waits for.
   */
  async claim(owner: string, limit: number, leaseSeconds: number, withPublished: boolean): Promise<OutboxRow[]> {
    return this.database.withRunner(async (runner) => {
      await runner.startTransaction();
      try {
        const rows = await runner.manager.query<RawRow[]>(
          `SELECT ${COLUMNS} FROM registrar_outbox o
            WHERE (o.claimed_until IS NULL OR o.claimed_until < utc_timestamp(6))
              AND ${withPublished ? 'TRUE' : 'o.tm_published IS NULL'}
              AND NOT EXISTS (SELECT 1 FROM registrar_outbox p
                               WHERE p.resource_id = o.resource_id AND p.id < o.id AND p.tm_published IS NULL)
            ORDER BY o.id LIMIT ${limit} FOR UPDATE SKIP LOCKED`,
        );
        if (rows.length > 0) {
          await runner.manager.query(
            `UPDATE registrar_outbox FORCE INDEX (PRIMARY) SET claimed_by = ?,
                claimed_until = utc_timestamp(6) + INTERVAL ? SECOND, attempts = attempts + 1 WHERE id IN (?)`,
            [owner, leaseSeconds, rows.map((row) => Number(row.id))],
          );
        }
        await runner.commitTransaction();
        return rows.map(toRow);
      } catch (error) {
        if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
        throw error;
      }
    });
  }

  remove(ids: readonly string[]): Promise<void> {
    return this.write(
      `DELETE o FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) sent
        STRAIGHT_JOIN registrar_outbox o FORCE INDEX (PRIMARY) ON o.id = sent.id`,
      [JSON.stringify(ids.map(Number))],
    );
  }

  /** Ends leases at once instead of letting them run out. */
  release(ids: readonly string[]): Promise<void> {
    return this.write(
      'UPDATE registrar_outbox FORCE INDEX (PRIMARY) SET claimed_by = NULL, claimed_until = NULL WHERE id IN (?)',
      [ids.map(Number)],
    );
  }

  /** The events are published, and their cache keys not dropped yet. Deletes the payloads, which may hold secrets. */
  markPublished(ids: readonly string[]): Promise<void> {
    return this.write(
      `UPDATE registrar_outbox FORCE INDEX (PRIMARY) SET tm_published = COALESCE(tm_published, utc_timestamp(6)),
          payload = '', claimed_by = NULL, claimed_until = NULL WHERE id IN (?)`,
      [ids.map(Number)],
    );
  }

  /** Every cache key that is still to be dropped, one page of events at a time. */
  async *pendingCacheKeys(): AsyncGenerator<string[]> {
    for (
      let page = await this.cacheKeysAfter(0);
      page.last !== undefined;
      page = await this.cacheKeysAfter(page.last)
    ) {
      yield page.keys;
    }
  }

  private async cacheKeysAfter(id: string | number): Promise<{ keys: string[]; last: string | number | undefined }> {
    const rows = await this.database.read((manager) =>
      manager.query<{ id: string | number; cache_keys: string }[]>(
        `SELECT id, cache_keys FROM registrar_outbox WHERE id > ? ORDER BY id LIMIT ${CACHE_KEYS_PAGE}`,
        [id],
      ),
    );
    return { keys: rows.flatMap((row) => JSON.parse(row.cache_keys) as string[]), last: rows.at(-1)?.id };
  }

  async backlog(): Promise<{ depth: number; oldestAgeSeconds: number }> {
    const [row] = await this.database.read((manager) =>
      manager.query<{ depth: number | string; age: number | string | null }[]>(
        `SELECT COUNT(*) AS depth, TIMESTAMPDIFF(MICROSECOND, MIN(tm_create), utc_timestamp(6)) / 1e6 AS age
           FROM registrar_outbox`,
      ),
    );
    return { depth: Number(row?.depth ?? 0), oldestAgeSeconds: Math.max(0, Number(row?.age ?? 0)) };
  }

  /** Deletes the rows older than this, published or not; returns how many. */
  async expire(olderThanHours: number): Promise<number> {
    const result = await this.database.read((manager) =>
      manager.query<{ affectedRows: number }>(
        'DELETE FROM registrar_outbox WHERE tm_create < utc_timestamp(6) - INTERVAL ? HOUR',
        [olderThanHours],
      ),
    );
    return result.affectedRows;
  }

  /** A statement that follows the change of a request, which may be over. */
  private async write(sql: string, values: unknown[]): Promise<void> {
    await withBudget(() => this.database.read((manager) => manager.query(sql, values)));
  }
}

function toRow(row: RawRow): OutboxRow {
  return {
    id: String(row.id),
    type: row.type,
    publisher: row.publisher,
    payload: row.payload,
    cacheKeys: JSON.parse(row.cache_keys) as string[],
    isPublished: row.tm_published !== null,
  };
}

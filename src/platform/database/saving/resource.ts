import type { EntityManager } from 'typeorm';
import type { CacheEntry } from '../../cache/cache';
import type { Row } from '../columns';
import type { ResourceRecord, ResourceRepository } from '../resource.repository';
import type { OpenTransactions } from '../transactions';
import type { RepairKind } from './repair-requests';

/** What saving needs to know of a kind of resource. */
export interface Resource<T extends ResourceRecord, Reply extends object> {
  readonly kind: RepairKind;
  readonly repository: ResourceRepository<T>;
  toReply(record: Row<T>): Reply;
  /** Every key under which a record may be cached. */
  cacheKeys(reply: Reply): string[];
  /** The cache entry after a change; without `before` the record is new. */
  cacheEntry(after: Reply, before?: Reply): CacheEntry;
  /**
   * Aligns the rows of Asterisk and Kamailio with the record as it is now. `former` is the record before a change that
   * may have given it another login. Throws `NOT_FOUND` when there is no record.
   */
  align(id: string, former?: Row<T>): Promise<Row<T>>;
}

/** A record before and after a change. For a new record both are the same. */
export interface Rows<T> {
  readonly before: Row<T>;
  readonly after: Row<T>;
}

/** What the deletion of a batch does besides writing the records and their events. */
export interface BatchSteps<T> {
  readonly inBin?: (bin: EntityManager, records: readonly Row<T>[]) => Promise<void>;
  /** With this step, both databases are changed. */
  readonly inAsterisk?: (open: OpenTransactions, records: readonly Row<T>[]) => Promise<void>;
  /** More cache keys to drop after the deletion of a record. */
  readonly forgets?: (rows: Rows<T>) => string[];
}

/** What a change does besides writing the record and its event. */
export interface Steps<T> {
  /** In the record's own transaction. */
  readonly inBin?: (bin: EntityManager, rows: Rows<T>) => Promise<void>;
  /** With this step, both databases are changed. */
  readonly inAsterisk?: ((open: OpenTransactions, rows: Rows<T>) => Promise<void>) | undefined;
  /**
   * True when the step may run beside those in bin: the lock on the record orders all who write these rows. A new or
   * renumbered record is ordered by its unique keys, so its step runs after them (docs/decisions/0001).
   */
  readonly isAsteriskBeside?: ((rows: Rows<T>) => boolean) | undefined;
  /** More cache keys to drop after the change. */
  readonly forgets?: (rows: Rows<T>) => string[];
}

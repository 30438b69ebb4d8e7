import type { EntityManager, EntityTarget } from 'typeorm';
import { uuidToBytes, bytesToUuid } from '../wire/go-uuid';
import type { FilterSpec, ListRequest } from '../wire/list-request';
import { ALIVE, ALIVE_FORMS } from './alive';
import type { Row } from './columns';
import { readPage, whereOf } from './list.query';
import { isDuplicateKey } from './mysql-errors';
import { RecordTable } from './record-table';
import type { Database } from './source/database';
import { together } from './source/statement-packets';

/** The columns of every record. A deleted record stays, with the time of its deletion. */
export interface ResourceRecord {
  id: string;
  tmCreate: string | null;
  tmUpdate: string | null;
  tmDelete: string | null;
}

/** What the shared queries need to know of a kind of record. */
export interface RecordKind<T> {
  readonly entity: EntityTarget<T>;
  readonly filters: FilterSpec;
  notFound(): Error;
  alreadyExists(): Error;
}

/** The queries that all kinds of record share. */
export abstract class ResourceRepository<T extends ResourceRecord> {
  private known: RecordTable<T> | undefined;

  protected constructor(
    protected readonly database: Database,
    private readonly kind: RecordKind<T>,
  ) {}

  /** Finds a deleted record too. */
  async findById(id: string): Promise<Row<T> | null> {
    return (await this.find('WHERE r.id = ?', [uuidToBytes(id)]))[0] ?? null;
  }

  list(request: ListRequest): Promise<Row<T>[]> {
    const where = whereOf(request.filters, this.kind.filters);
    return this.database.read((manager) => readPage(this.table(manager), manager, where, request));
  }

  /** Counts a customer's living records. */
  async count(customerId: string): Promise<number> {
    return this.database.read((manager) =>
      this.countIn(manager, `WHERE r.customer_id = ? AND ${ALIVE}`, [uuidToBytes(customerId)]),
    );
  }

  /**
   * Ids of a customer's living records, in id order after `afterId`. Each of the two statements reads one range of the
   * index on (customer_id, tm_delete, id); one statement for both would read the records of all customers.
   */
  async listAliveIds(customerId: string, afterId: string, limit: number): Promise<string[]> {
    const values = [uuidToBytes(customerId), uuidToBytes(afterId)];
    const found = await this.database.read((manager) =>
      together(
        ...ALIVE_FORMS.map((alive) => {
          const rest = `WHERE r.customer_id = ? AND ${alive} AND r.id > ? ORDER BY r.id LIMIT ${limit}`;
          return this.table(manager).pick<{ id: Buffer }>(manager, 'r.id', rest, values);
        }),
      ),
    );
    // The text of a uuid has the order of its bytes.
    const ids = found.flat().map(({ id }) => bytesToUuid(id));
    return ids.sort().slice(0, limit);
  }

  /** Living records of all customers in id order, after `afterId`. */
  listAlive(afterId: string | undefined, limit: number): Promise<Row<T>[]> {
    const after = afterId === undefined ? '' : 'AND r.id > ?';
    const values = afterId === undefined ? [] : [uuidToBytes(afterId)];
    return this.find(`WHERE ${ALIVE} ${after} ORDER BY r.id LIMIT ${limit}`, values);
  }

  /** Those of the ids that belong to living records. */
  async findAliveIds(ids: readonly string[]): Promise<string[]> {
    const rest = `WHERE r.id IN (?) AND ${ALIVE}`;
    const rows = await this.database.read((manager) =>
      this.table(manager).pick<{ id: Buffer }>(manager, 'r.id', rest, [ids.map(uuidToBytes)]),
    );
    return rows.map(({ id }) => bytesToUuid(id));
  }

  /** Those of the living records that have one of the ids. */
  findAlive(ids: readonly string[]): Promise<Row<T>[]> {
    return this.find(`WHERE r.id IN (?) AND ${ALIVE}`, [ids.map(uuidToBytes)]);
  }

  notFound(): Error {
    return this.kind.notFound();
  }

  /** The row, deleted or not, locked until the transaction ends. */
  async lock(bin: EntityManager, id: string): Promise<Row<T> | null> {
    return (await this.table(bin).find(bin, 'WHERE r.id = ? FOR UPDATE', [uuidToBytes(id)]))[0] ?? null;
  }

  /** Those of the rows, deleted or not, that no other transaction has locked; locked until the transaction ends. */
  lockFree(bin: EntityManager, ids: readonly string[]): Promise<Row<T>[]> {
    return this.table(bin).find(bin, 'WHERE r.id IN (?) ORDER BY r.id FOR UPDATE SKIP LOCKED', [ids.map(uuidToBytes)]);
  }

  /**
   * Replaces a missing unique key before a new or changed record is written. It does not share a packet with other
   * statements, because an error of theirs would be taken for its own. `undefined` when there is nothing to do.
   */
  abstract ensureUnique(bin: EntityManager, after: Row<T>, before?: Row<T>): Promise<void> | undefined;

  insert(bin: EntityManager, row: Row<T>): Promise<void> {
    return this.refusingDuplicates(this.table(bin).insert(bin, row));
  }

  update(bin: EntityManager, { id, ...changes }: Partial<Row<T>> & { id: string }): Promise<void> {
    return this.refusingDuplicates(this.table(bin).update(bin, [uuidToBytes(id)], changes as Partial<Row<T>>));
  }

  /** Sets the same values in all of the rows. */
  updateAll(bin: EntityManager, ids: readonly string[], changes: Partial<Row<T>>): Promise<void> {
    return this.table(bin).update(bin, ids.map(uuidToBytes), changes);
  }

  /** Rows of the table `r`; `rest` follows its name. */
  protected find(rest: string, values: readonly unknown[]): Promise<Row<T>[]> {
    return this.database.read((manager) => this.table(manager).find(manager, rest, values));
  }

  protected async countIn(manager: EntityManager, rest: string, values: readonly unknown[]): Promise<number> {
    const [row] = await this.table(manager).pick<{ n: number | string }>(manager, 'COUNT(*) AS n', rest, values);
    return Number(row?.n ?? 0);
  }

  protected table(manager: EntityManager): RecordTable<T> {
    return (this.known ??= new RecordTable<T>(manager, this.kind.entity));
  }

  private async refusingDuplicates(write: Promise<void>): Promise<void> {
    try {
      await write;
    } catch (error) {
      throw isDuplicateKey(error) ? this.kind.alreadyExists() : error;
    }
  }
}

import type {
  EntityManager,
  EntityTarget,
  FindOptionsWhere,
  QueryDeepPartialEntity,
  SelectQueryBuilder,
} from 'typeorm';
import { onlyAlive } from './alive';
import type { Row } from './columns';
import type { Database } from './source/database';
import { isDuplicateKey } from './mysql-errors';
import { uuidToBytes } from '../wire/go-uuid';
import type { FilterSpec, ListRequest } from '../wire/list-request';
import { readPage, withFilters } from './list.query';

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
  protected constructor(
    protected readonly database: Database,
    private readonly kind: RecordKind<T>,
  ) {}

  /** Finds a deleted record too. */
  findById(id: string): Promise<Row<T> | null> {
    return this.database.read((manager) => manager.findOne(this.kind.entity, { where: byId<T>(id) }));
  }

  list(request: ListRequest): Promise<Row<T>[]> {
    return this.database.read((manager) =>
      readPage(() => withFilters(this.select(manager), request.filters, this.kind.filters), request),
    );
  }

  /** Counts a customer's living records. */
  count(customerId: string): Promise<number> {
    return this.database.read((manager) => onlyAlive(this.ofCustomer(manager, customerId)).getCount());
  }

  /** Ids of a customer's living records, in id order after `afterId`. */
  async listAliveIds(customerId: string, afterId: string, limit: number): Promise<string[]> {
    const rows = await this.database.read((manager) =>
      onlyAlive(this.ofCustomer(manager, customerId).select('r.id'))
        .andWhere('r.id > :after', { after: uuidToBytes(afterId) })
        .orderBy('r.id', 'ASC')
        .limit(limit)
        .getMany(),
    );
    return rows.map(({ id }) => id);
  }

  /** Living records of all customers in id order, after `afterId`. */
  listAlive(afterId: string | undefined, limit: number): Promise<Row<T>[]> {
    return this.database.read((manager) => {
      const query = onlyAlive(this.select(manager));
      if (afterId !== undefined) query.andWhere('r.id > :after', { after: uuidToBytes(afterId) });
      return query.orderBy('r.id', 'ASC').limit(limit).getMany();
    });
  }

  /** Those of the ids that belong to living records. */
  async findAliveIds(ids: readonly string[]): Promise<string[]> {
    const rows = await this.database.read((manager) =>
      onlyAlive(
        this.select(manager)
          .select('r.id')
          .where('r.id IN (:...ids)', { ids: ids.map(uuidToBytes) }),
      ).getMany(),
    );
    return rows.map(({ id }) => id);
  }

  notFound(): Error {
    return this.kind.notFound();
  }

  /** The row, deleted or not, locked until the transaction ends. */
  lock(bin: EntityManager, id: string): Promise<Row<T> | null> {
    return bin.findOne(this.kind.entity, { where: byId<T>(id), lock: { mode: 'pessimistic_write' } });
  }

  async insert(bin: EntityManager, row: Row<T>): Promise<void> {
    await this.refusingDuplicates(() => bin.insert(this.kind.entity, row as QueryDeepPartialEntity<T>));
  }

  async update(bin: EntityManager, { id, ...changes }: Partial<Row<T>> & { id: string }): Promise<void> {
    await this.refusingDuplicates(() =>
      bin.update(this.kind.entity, byId<T>(id), changes as unknown as QueryDeepPartialEntity<T>),
    );
  }

  protected select(manager: EntityManager): SelectQueryBuilder<T> {
    return manager.createQueryBuilder(this.kind.entity, 'r');
  }

  private ofCustomer(manager: EntityManager, customerId: string): SelectQueryBuilder<T> {
    return this.select(manager).where('r.customer_id = :customer', { customer: uuidToBytes(customerId) });
  }

  private async refusingDuplicates(write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
    } catch (error) {
      throw isDuplicateKey(error) ? this.kind.alreadyExists() : error;
    }
  }
}

function byId<T extends ResourceRecord>(id: string): FindOptionsWhere<T> {
  return { id } as FindOptionsWhere<T>;
}

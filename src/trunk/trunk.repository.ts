import { Injectable } from '@nestjs/common';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { isAlive } from '../platform/database/alive';
import { BinDatabase } from '../platform/database/databases';
import { isDuplicateKey } from '../platform/database/mysql-errors';
import { holdInTransaction } from '../platform/database/named-lock';
import { ALIVE_TRUNK_KEY } from '../platform/database/schema/bin.schema';
import { SchemaGuard } from '../platform/database/schema-guard';
import type { ListRequest } from '../platform/listing/list-request';
import { onlyAlive, readPage, withFilters } from '../platform/listing/list.query';
import { uuidToBytes } from '../platform/wire/go-uuid';
import { TRUNK_FILTERS } from './trunk.dto';
import { TrunkEntity, type TrunkRow } from './trunk.entity';
import { trunkAlreadyExists, trunkNotFound } from './trunk.errors';

/** Trunk records. Whatever the database says about a duplicate becomes "already exists" here. */
@Injectable()
export class TrunkRepository {
  constructor(
    private readonly database: BinDatabase,
    private readonly schema: SchemaGuard,
  ) {}

  /** Also a deleted one. */
  findById(id: string): Promise<TrunkRow | null> {
    return this.database.read((manager) => manager.findOne(TrunkEntity, { where: { id } }));
  }

  findByDomain(domainName: string): Promise<TrunkRow | null> {
    return this.database.read((manager) =>
      onlyAlive(select(manager).where('r.domain_name = :domainName', { domainName }))
        .orderBy('r.tm_create', 'DESC')
        .limit(1)
        .getOne(),
    );
  }

  list(request: ListRequest): Promise<TrunkRow[]> {
    return this.database.read((manager) =>
      readPage(() => withFilters(select(manager), request.filters, TRUNK_FILTERS), request),
    );
  }

  count(customerId: string): Promise<number> {
    return this.database.read((manager) =>
      onlyAlive(select(manager).where('r.customer_id = :customer', { customer: uuidToBytes(customerId) })).getCount(),
    );
  }

  /** Ids of living trunks of a customer, in id order after `afterId`. */
  async listAliveIds(customerId: string, afterId: string, limit: number): Promise<string[]> {
    const rows = await this.database.read((manager) =>
      onlyAlive(
        select(manager)
          .select('r.id')
          .where('r.customer_id = :customer AND r.id > :after', {
            customer: uuidToBytes(customerId),
            after: uuidToBytes(afterId),
          }),
      )
        .orderBy('r.id', 'ASC')
        .limit(limit)
        .getMany(),
    );
    return rows.map((row) => row.id);
  }

  /** Living trunks of all customers in id order, after `afterId`. */
  listAlive(afterId: string | undefined, limit: number): Promise<TrunkRow[]> {
    return this.database.read((manager) => {
      const query = onlyAlive(select(manager));
      if (afterId !== undefined) query.andWhere('r.id > :after', { after: uuidToBytes(afterId) });
      return query.orderBy('r.id', 'ASC').limit(limit).getMany();
    });
  }

  /** Which of these ids are living trunks'. */
  async findAliveIds(ids: readonly string[]): Promise<string[]> {
    const rows = await this.database.read((manager) =>
      onlyAlive(
        select(manager)
          .select('r.id')
          .where('r.id IN (:...ids)', { ids: ids.map(uuidToBytes) }),
      ).getMany(),
    );
    return rows.map(({ id }) => id);
  }

  findLocked(bin: EntityManager, id: string): Promise<TrunkRow | null> {
    return bin.findOne(TrunkEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** The row, locked until the transaction ends, deleted or not. Throws `NOT_FOUND`. */
  async lock(bin: EntityManager, id: string): Promise<TrunkRow> {
    const row = await this.findLocked(bin, id);
    if (row === null) throw trunkNotFound();
    return row;
  }

  /** Like {@link lock}, but a deleted row is not found. */
  async lockAlive(bin: EntityManager, id: string): Promise<TrunkRow> {
    const row = await this.lock(bin, id);
    if (!isAlive(row)) throw trunkNotFound();
    return row;
  }

  async insert(bin: EntityManager, row: TrunkRow): Promise<void> {
    if (this.lacksKey) await this.keepUnique(bin, row);
    await refusingDuplicates(() => bin.insert(TrunkEntity, row));
  }

  async update(bin: EntityManager, { id, ...changes }: Partial<TrunkRow> & { id: string }): Promise<void> {
    const { domainName } = changes;
    if (this.lacksKey && domainName !== undefined && (await this.lock(bin, id)).domainName !== domainName)
      await this.keepUnique(bin, { id, domainName });
    await refusingDuplicates(() => bin.update(TrunkEntity, { id }, changes));
  }

  /** Duplicates from before keep the unique key away. */
  private get lacksKey(): boolean {
    return !this.schema.hasAliveKey(ALIVE_TRUNK_KEY);
  }

  /** Without the key, one writer a domain at a time looks and writes; the lock is kept until the transaction is over. */
  private async keepUnique(bin: EntityManager, { id, domainName }: Pick<TrunkRow, 'id' | 'domainName'>): Promise<void> {
    await holdInTransaction(bin, 'trunk', domainName.toLowerCase());
    const query = select(bin).where('r.domain_name = :domainName AND r.id <> :id', { domainName, id: uuidToBytes(id) });
    if ((await onlyAlive(query).limit(1).getCount()) > 0) throw trunkAlreadyExists();
  }
}

function select(manager: EntityManager): SelectQueryBuilder<TrunkEntity> {
  return manager.createQueryBuilder(TrunkEntity, 'r');
}

async function refusingDuplicates(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw isDuplicateKey(error) ? trunkAlreadyExists() : error;
  }
}

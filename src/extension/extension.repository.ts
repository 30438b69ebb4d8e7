import { Injectable } from '@nestjs/common';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { isAlive } from '../platform/database/alive';
import { BinDatabase } from '../platform/database/databases';
import { isDuplicateKey } from '../platform/database/mysql-errors';
import type { ListRequest } from '../platform/listing/list-request';
import { onlyAlive, readPage, withFilters } from '../platform/listing/list.query';
import { uuidToBytes } from '../platform/wire/go-uuid';
import { EXTENSION_FILTERS } from './extension.dto';
import { ExtensionEntity, type ExtensionRow } from './extension.entity';
import { extensionAlreadyExists, extensionNotFound } from './extension.errors';

/** Extension records. Whatever the database says about a duplicate becomes "already exists" here. */
@Injectable()
export class ExtensionRepository {
  constructor(private readonly database: BinDatabase) {}

  /** Also a deleted one. */
  findById(id: string): Promise<ExtensionRow | null> {
    return this.database.read((manager) => manager.findOne(ExtensionEntity, { where: { id } }));
  }

  /** The newest living extension of that number. */
  findByNumber(customerId: string, extension: string): Promise<ExtensionRow | null> {
    return this.database.read((manager) =>
      onlyAlive(
        select(manager).where('r.customer_id = :customer AND r.extension = :extension', {
          customer: uuidToBytes(customerId),
          extension,
        }),
      )
        .orderBy('r.tm_create', 'DESC')
        .limit(1)
        .getOne(),
    );
  }

  /** Throws `ALREADY_EXISTS` when a living extension of the customer has the number or the digest user name. */
  async assertFree(customerId: string, extension: string, username: string, exceptId?: string): Promise<void> {
    const taken = await this.database.read((manager) => {
      const query = select(manager)
        .where('r.customer_id = :customer', { customer: uuidToBytes(customerId) })
        .andWhere('(r.extension = :extension OR r.username = :username)', { extension, username });
      if (exceptId !== undefined) query.andWhere('r.id <> :id', { id: uuidToBytes(exceptId) });
      return onlyAlive(query).limit(1).getCount();
    });
    if (taken > 0) throw extensionAlreadyExists();
  }

  list(request: ListRequest): Promise<ExtensionRow[]> {
    return this.database.read((manager) =>
      readPage(() => withFilters(select(manager), request.filters, EXTENSION_FILTERS), request),
    );
  }

  count(customerId: string): Promise<number> {
    return this.database.read((manager) =>
      onlyAlive(select(manager).where('r.customer_id = :customer', { customer: uuidToBytes(customerId) })).getCount(),
    );
  }

  /** Ids of living extensions of a customer, in id order after `afterId`. */
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

  /** The row, locked until the transaction ends, deleted or not. Throws `NOT_FOUND`. */
  async lock(bin: EntityManager, id: string): Promise<ExtensionRow> {
    const row = await bin.findOne(ExtensionEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (row === null) throw extensionNotFound();
    return row;
  }

  /** Like {@link lock}, but a deleted row is not found. */
  async lockAlive(bin: EntityManager, id: string): Promise<ExtensionRow> {
    const row = await this.lock(bin, id);
    if (!isAlive(row)) throw extensionNotFound();
    return row;
  }

  async insert(bin: EntityManager, row: ExtensionRow): Promise<void> {
    await refusingDuplicates(() => bin.insert(ExtensionEntity, row));
  }

  async update(bin: EntityManager, { id, ...changes }: Partial<ExtensionRow> & { id: string }): Promise<void> {
    await refusingDuplicates(() => bin.update(ExtensionEntity, { id }, changes));
  }
}

function select(manager: EntityManager): SelectQueryBuilder<ExtensionEntity> {
  return manager.createQueryBuilder(ExtensionEntity, 'r');
}

async function refusingDuplicates(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw isDuplicateKey(error) ? extensionAlreadyExists() : error;
  }
}

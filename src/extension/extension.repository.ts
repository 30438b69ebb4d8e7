import { Injectable } from '@nestjs/common';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { isAlive } from '../platform/database/alive';
import { BinDatabase } from '../platform/database/databases';
import { isDuplicateKey } from '../platform/database/mysql-errors';
import { holdInTransaction } from '../platform/database/named-lock';
import { ALIVE_EXTENSION_KEY, ALIVE_USERNAME_KEY } from '../platform/database/schema/bin.schema';
import { SchemaGuard } from '../platform/database/schema-guard';
import type { ListRequest } from '../platform/listing/list-request';
import { onlyAlive, readPage, withFilters } from '../platform/listing/list.query';
import { uuidToBytes } from '../platform/wire/go-uuid';
import { EXTENSION_FILTERS } from './extension.dto';
import { ExtensionEntity, type ExtensionRow } from './extension.entity';
import { extensionAlreadyExists, extensionNotFound } from './extension.errors';

const ALIVE_KEYS = [ALIVE_EXTENSION_KEY, ALIVE_USERNAME_KEY];

/** Extension records. Whatever the database says about a duplicate becomes "already exists" here. */
@Injectable()
export class ExtensionRepository {
  constructor(
    private readonly database: BinDatabase,
    private readonly schema: SchemaGuard,
  ) {}

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
  async assertFree(
    customerId: string,
    extension: string,
    username: string,
    exceptId?: string,
    bin?: EntityManager,
  ): Promise<void> {
    const count = (manager: EntityManager): Promise<number> => {
      const query = select(manager)
        .where('r.customer_id = :customer', { customer: uuidToBytes(customerId) })
        .andWhere('(r.extension = :extension OR r.username = :username)', { extension, username });
      if (exceptId !== undefined) query.andWhere('r.id <> :id', { id: uuidToBytes(exceptId) });
      return onlyAlive(query).limit(1).getCount();
    };
    const taken = await (bin ? count(bin) : this.database.read(count));
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

  /** Living extensions of all customers in id order, after `afterId`. */
  listAlive(afterId: string | undefined, limit: number): Promise<ExtensionRow[]> {
    return this.database.read((manager) => {
      const query = onlyAlive(select(manager));
      if (afterId !== undefined) query.andWhere('r.id > :after', { after: uuidToBytes(afterId) });
      return query.orderBy('r.id', 'ASC').limit(limit).getMany();
    });
  }

  /** Which of these ids are living extensions'. */
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

  /** Endpoint ids of living extensions among these; on the transaction's connection, or on one of its own. */
  async findAliveEndpointIds(endpointIds: readonly string[], bin?: EntityManager): Promise<string[]> {
    const find = (manager: EntityManager): Promise<{ endpointId: string }[]> =>
      onlyAlive(
        select(manager)
          .select('r.endpoint_id', 'endpointId')
          .where('r.endpoint_id IN (:...endpointIds)', { endpointIds: [...endpointIds] }),
      ).getRawMany<{ endpointId: string }>();
    const rows = await (bin ? find(bin) : this.database.read(find));
    return rows.map(({ endpointId }) => endpointId);
  }

  findLocked(bin: EntityManager, id: string): Promise<ExtensionRow | null> {
    return bin.findOne(ExtensionEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** The row, locked until the transaction ends, deleted or not. Throws `NOT_FOUND`. */
  async lock(bin: EntityManager, id: string): Promise<ExtensionRow> {
    const row = await this.findLocked(bin, id);
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
    if (this.lacksKey) await this.keepUnique(bin, row);
    await refusingDuplicates(() => bin.insert(ExtensionEntity, row));
  }

  async update(bin: EntityManager, { id, ...changes }: Partial<ExtensionRow> & { id: string }): Promise<void> {
    if (this.lacksKey && changes.extension !== undefined) await this.keepUniqueAfter(bin, id, changes);
    await refusingDuplicates(() => bin.update(ExtensionEntity, { id }, changes));
  }

  /** Of living records with that endpoint id, the newest has the login. */
  async findLoginOwner(bin: EntityManager, endpointId: string): Promise<string | undefined> {
    const owner = await onlyAlive(select(bin).select('r.id').where('r.endpoint_id = :endpointId', { endpointId }))
      .orderBy('r.tm_create', 'DESC')
      .addOrderBy('r.id', 'DESC')
      .limit(1)
      .getOne();
    return owner?.id;
  }

  /** Duplicates from before keep a unique key away. */
  private get lacksKey(): boolean {
    return !ALIVE_KEYS.every((key) => this.schema.hasAliveKey(key));
  }

  private async keepUniqueAfter(bin: EntityManager, id: string, changes: Partial<ExtensionRow>): Promise<void> {
    const current = await this.lock(bin, id);
    const next = { ...current, ...changes };
    if (next.extension === current.extension && next.username === current.username) return;
    await this.keepUnique(bin, next);
  }

  /** Without the key, one writer a customer at a time looks and writes; the lock is kept until the transaction is over. */
  private async keepUnique(bin: EntityManager, { id, customerId, extension, username }: ExtensionRow): Promise<void> {
    await holdInTransaction(bin, 'extension', customerId);
    await this.assertFree(customerId, extension, username, id, bin);
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

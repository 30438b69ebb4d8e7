import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BinDatabase } from '../platform/database/source/databases';
import { holdInTransaction } from '../platform/database/lock/named-lock';
import { ALIVE_TRUNK_KEY } from '../platform/database/schema/bin.schema';
import { SchemaGuard } from '../platform/database/schema/schema-guard';
import { onlyAlive } from '../platform/database/alive';
import { ResourceRepository } from '../platform/database/resource.repository';
import { uuidToBytes } from '../platform/wire/go-uuid';
import { TRUNK_FILTERS } from './trunk.dto';
import { TrunkEntity, type TrunkRow } from './trunk.entity';
import { trunkAlreadyExists, trunkNotFound } from './trunk.errors';

/** Trunk records. Whatever the database says about a duplicate becomes "already exists" here. */
@Injectable()
export class TrunkRepository extends ResourceRepository<TrunkEntity> {
  constructor(
    database: BinDatabase,
    private readonly schema: SchemaGuard,
  ) {
    super(database, {
      entity: TrunkEntity,
      filters: TRUNK_FILTERS,
      notFound: trunkNotFound,
      alreadyExists: trunkAlreadyExists,
    });
  }

  /** The living trunk of that domain, over all customers. */
  findByDomain(domainName: string): Promise<TrunkRow | null> {
    return this.database.read((manager) =>
      onlyAlive(this.select(manager).where('r.domain_name = :domainName', { domainName }))
        .orderBy('r.tm_create', 'DESC')
        .limit(1)
        .getOne(),
    );
  }

  override async insert(bin: EntityManager, row: TrunkRow): Promise<void> {
    if (this.lacksKey) await this.keepUnique(bin, row);
    await super.insert(bin, row);
  }

  override async update(bin: EntityManager, row: Partial<TrunkRow> & { id: string }): Promise<void> {
    const { id, domainName } = row;
    if (this.lacksKey && domainName !== undefined) await this.keepUnique(bin, { id, domainName });
    await super.update(bin, row);
  }

  /** Duplicates from before keep the unique key away. */
  private get lacksKey(): boolean {
    return !this.schema.hasAliveKey(ALIVE_TRUNK_KEY);
  }

  /** Without the key, one writer a domain at a time looks and writes; the lock is kept until the transaction is over. */
  private async keepUnique(bin: EntityManager, { id, domainName }: Pick<TrunkRow, 'id' | 'domainName'>): Promise<void> {
    await holdInTransaction(bin, 'trunk', domainName.toLowerCase());
    const query = this.select(bin).where('r.domain_name = :domainName AND r.id <> :id', {
      domainName,
      id: uuidToBytes(id),
    });
    if ((await onlyAlive(query).limit(1).getCount()) > 0) throw trunkAlreadyExists();
  }
}

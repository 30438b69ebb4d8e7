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

/** Trunk records. A duplicate key becomes `ALREADY_EXISTS`. */
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

  /** The newest living trunk with that domain name, of any customer. */
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

  /** True while the unique key is missing: living duplicates from before the key prevent it. */
  private get lacksKey(): boolean {
    return !this.schema.hasAliveKey(ALIVE_TRUNK_KEY);
  }

  /** Replaces the missing unique key: a named lock for the domain, which outlives COMMIT, and a look-up under it. */
  private async keepUnique(bin: EntityManager, { id, domainName }: Pick<TrunkRow, 'id' | 'domainName'>): Promise<void> {
    await holdInTransaction(bin, 'trunk', domainName.toLowerCase());
    const query = this.select(bin).where('r.domain_name = :domainName AND r.id <> :id', {
      domainName,
      id: uuidToBytes(id),
    });
    if ((await onlyAlive(query).limit(1).getCount()) > 0) throw trunkAlreadyExists();
  }
}

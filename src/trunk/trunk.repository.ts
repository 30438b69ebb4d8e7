import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BinDatabase } from '../platform/database/source/databases';
import { holdInTransaction } from '../platform/database/lock/named-lock';
import { ALIVE_TRUNK_KEY } from '../platform/database/schema/bin.schema';
import { SchemaGuard } from '../platform/database/schema/schema-guard';
import { ALIVE } from '../platform/database/alive';
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
  async findByDomain(domainName: string): Promise<TrunkRow | null> {
    const rest = `WHERE r.domain_name = ? AND ${ALIVE} ORDER BY r.tm_create DESC LIMIT 1`;
    return (await this.find(rest, [domainName]))[0] ?? null;
  }

  override ensureUnique(bin: EntityManager, after: TrunkRow, before?: TrunkRow): Promise<void> | undefined {
    return this.lacksKey && before?.domainName !== after.domainName ? this.keepUnique(bin, after) : undefined;
  }

  /** True while the unique key is missing: living duplicates from before the key prevent it. */
  private get lacksKey(): boolean {
    return !this.schema.hasAliveKey(ALIVE_TRUNK_KEY);
  }

  /** Replaces the missing unique key: a named lock for the domain, which outlives COMMIT, and a look-up under it. */
  private async keepUnique(bin: EntityManager, { id, domainName }: Pick<TrunkRow, 'id' | 'domainName'>): Promise<void> {
    await holdInTransaction(bin, 'trunk', domainName.toLowerCase());
    const rest = `WHERE r.domain_name = ? AND r.id <> ? AND ${ALIVE}`;
    if ((await this.countIn(bin, rest, [domainName, uuidToBytes(id)])) > 0) throw trunkAlreadyExists();
  }
}

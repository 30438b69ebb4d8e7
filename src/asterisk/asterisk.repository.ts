import { Injectable } from '@nestjs/common';
import { In, type EntityManager, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { AsteriskDatabase } from '../platform/database/databases';
import { PsAorEntity, type PsAorRow } from './entities/ps-aor.entity';
import { PsAuthEntity, type PsAuthRow } from './entities/ps-auth.entity';
import { PsContactEntity, type PsContactRow } from './entities/ps-contact.entity';
import { PsEndpointEntity, type PsEndpointRow } from './entities/ps-endpoint.entity';

/** The rows that together are a login. */
export type LoginPart = 'aor' | 'auth' | 'endpoint';

const ENTITIES = { aor: PsAorEntity, auth: PsAuthEntity, endpoint: PsEndpointEntity } as const;

/** The realtime tables. An endpoint row without its auth row would let callers in unverified: mind the order of calls. */
@Injectable()
export class AsteriskRepository {
  constructor(private readonly database: AsteriskDatabase) {}

  async saveAor(asterisk: EntityManager, aor: PsAorRow): Promise<void> {
    await upsert(asterisk, PsAorEntity, aor, ['max_contacts', 'remove_existing']);
  }

  async saveAuth(asterisk: EntityManager, auth: PsAuthRow): Promise<void> {
    await upsert(asterisk, PsAuthEntity, auth, ['auth_type', 'username', 'password', 'realm']);
  }

  async saveEndpoint(asterisk: EntityManager, endpoint: PsEndpointRow): Promise<void> {
    await upsert(asterisk, PsEndpointEntity, endpoint, ['aors', 'auth']);
  }

  /** False when there is no such auth row. */
  async updatePassword(asterisk: EntityManager, authId: string, password: string): Promise<boolean> {
    const result = await asterisk.update(PsAuthEntity, { id: authId }, { password });
    return (result.affected ?? 0) > 0;
  }

  async deleteEndpoint(asterisk: EntityManager, id: string): Promise<void> {
    await asterisk.delete(PsEndpointEntity, { id });
  }

  async deleteAuth(asterisk: EntityManager, id: string): Promise<void> {
    await asterisk.delete(PsAuthEntity, { id });
  }

  async deleteAor(asterisk: EntityManager, id: string): Promise<void> {
    await asterisk.delete(PsAorEntity, { id });
  }

  async deleteContacts(asterisk: EntityManager, endpointId: string): Promise<void> {
    await asterisk.delete(PsContactEntity, { endpoint: endpointId });
  }

  listContacts(endpointId: string): Promise<PsContactRow[]> {
    return this.database.read((manager) => manager.find(PsContactEntity, { where: { endpoint: endpointId } }));
  }

  findAors(manager: EntityManager, ids: readonly string[], locking = false): Promise<PsAorEntity[]> {
    return manager.find(PsAorEntity, { where: { id: In([...ids]) }, ...lockOf(locking) });
  }

  findAuths(manager: EntityManager, ids: readonly string[], locking = false): Promise<PsAuthEntity[]> {
    return manager.find(PsAuthEntity, { where: { id: In([...ids]) }, ...lockOf(locking) });
  }

  findEndpoints(manager: EntityManager, ids: readonly string[], locking = false): Promise<PsEndpointEntity[]> {
    return manager.find(PsEndpointEntity, { where: { id: In([...ids]) }, ...lockOf(locking) });
  }

  read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.database.read(work);
  }

  /** Ids of a table in its own key order, after `afterId`. */
  async listIds(kind: LoginPart, afterId: string | undefined, limit: number): Promise<string[]> {
    const rows = await this.database.read((manager) => {
      const query = manager.createQueryBuilder<{ id: string }>(ENTITIES[kind], 'r').select('r.id', 'id');
      if (afterId !== undefined) query.where('r.id > :afterId', { afterId });
      return query.orderBy('r.id', 'ASC').limit(limit).getRawMany<{ id: string }>();
    });
    return rows.map(({ id }) => id);
  }
}

/** A locking read waits for a login that is just being written, and sees it. */
function lockOf(locking: boolean): { lock?: { mode: 'pessimistic_write' } } {
  return locking ? { lock: { mode: 'pessimistic_write' } } : {};
}

async function upsert<T extends ObjectLiteral>(
  manager: EntityManager,
  entity: EntityTarget<T>,
  row: T,
  overwrite: string[],
): Promise<void> {
  await manager
    .createQueryBuilder()
    .insert()
    .into(entity)
    .values(row)
    .orUpdate(overwrite, ['id'])
    .updateEntity(false)
    .execute();
}

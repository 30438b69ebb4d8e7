import { Injectable } from '@nestjs/common';
import { In, type EntityManager, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { AsteriskDatabase } from '../platform/database/databases';
import { PsAorEntity, type PsAorRow } from './entities/ps-aor.entity';
import { PsAuthEntity, type PsAuthRow } from './entities/ps-auth.entity';
import { PsContactEntity, type PsContactRow } from './entities/ps-contact.entity';
import { PsEndpointEntity, type PsEndpointRow } from './entities/ps-endpoint.entity';

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

  findAors(manager: EntityManager, ids: readonly string[]): Promise<PsAorRow[]> {
    return manager.find(PsAorEntity, { where: { id: In([...ids]) } });
  }

  findAuths(manager: EntityManager, ids: readonly string[]): Promise<PsAuthRow[]> {
    return manager.find(PsAuthEntity, { where: { id: In([...ids]) } });
  }

  findEndpoints(manager: EntityManager, ids: readonly string[]): Promise<PsEndpointRow[]> {
    return manager.find(PsEndpointEntity, { where: { id: In([...ids]) } });
  }
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

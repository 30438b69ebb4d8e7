import { Injectable } from '@nestjs/common';
import { In, type EntityManager } from 'typeorm';
import { SipAuthEntity, type SipAuthRow } from './sip-auth.entity';

const ALL_BUT_CREATION = ['reference_type', 'auth_types', 'realm', 'username', 'password', 'allowed_ips', 'tm_update'];

/** The table that Kamailio reads. */
@Injectable()
export class SipAuthRepository {
  /** Writes the row whether or not one is there: a lost row must come back with the next change. */
  async save(bin: EntityManager, row: SipAuthRow): Promise<void> {
    await bin
      .createQueryBuilder()
      .insert()
      .into(SipAuthEntity)
      .values(row)
      .orUpdate(ALL_BUT_CREATION, ['id'])
      .updateEntity(false)
      .execute();
  }

  async delete(bin: EntityManager, id: string): Promise<void> {
    await bin.delete(SipAuthEntity, { id });
  }

  find(bin: EntityManager, ids: readonly string[]): Promise<SipAuthRow[]> {
    return bin.find(SipAuthEntity, { where: { id: In([...ids]) } });
  }
}

import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AsteriskDatabase } from '../platform/database/source/databases';
import { CONTACT_COLUMNS, type PsContactRow } from './entities/ps-contact.row';

/** Registered devices. Asterisk writes these rows; here they are only read and deleted. */
@Injectable()
export class AsteriskContacts {
  constructor(private readonly database: AsteriskDatabase) {}

  /** Contacts of an existing endpoint: what Asterisk wrote for a deleted one counts for nothing. */
  list(endpointId: string): Promise<PsContactRow[]> {
    return this.database.read((manager) =>
      manager.query<PsContactRow[]>(
        `SELECT ${CONTACT_COLUMNS} FROM ps_contacts c
          WHERE c.endpoint = ? AND EXISTS (SELECT 1 FROM ps_endpoints e WHERE e.id = ?)`,
        [endpointId, endpointId],
      ),
    );
  }

  /** Endpoint ids that contacts name, each once, in key order after `after`. */
  async listEndpointIds(after: string | undefined, limit: number): Promise<string[]> {
    const rows = await this.database.read((manager) =>
      manager.query<{ endpoint: string }[]>(
        `SELECT DISTINCT endpoint FROM ps_contacts WHERE ${after === undefined ? 'endpoint IS NOT NULL' : 'endpoint > ?'}
          ORDER BY endpoint LIMIT ${limit}`,
        after === undefined ? [] : [after],
      ),
    );
    return rows.map(({ endpoint }) => endpoint);
  }

  /** The devices cannot be called from now on; they must register again. */
  async delete(asterisk: EntityManager, endpointId: string): Promise<void> {
    await asterisk.query('DELETE FROM ps_contacts WHERE endpoint = ?', [endpointId]);
  }

  /** Deletes contacts of an endpoint that is not there, as of a REGISTER that met a delete; returns how many. */
  async deleteStray(asterisk: EntityManager, endpointId: string): Promise<number> {
    const { affectedRows } = await asterisk.query<{ affectedRows: number }>(
      `DELETE FROM ps_contacts WHERE endpoint = ? AND NOT EXISTS (SELECT 1 FROM ps_endpoints e WHERE e.id = ?)`,
      [endpointId, endpointId],
    );
    return affectedRows;
  }
}

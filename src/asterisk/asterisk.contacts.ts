import { Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { afterCommit } from '../platform/database/after-commit';
import { AsteriskDatabase } from '../platform/database/source/databases';
import { Log } from '../platform/observability/log/logger';
import { CONTACT_COLUMNS, type PsContactRow } from './entities/ps-contact.row';

/** A REGISTER that has read the former password inserts its contact within this time, unless Asterisk is overloaded. */
const UNDER_WAY_MS = 30;
const DELETE_ALL = 'DELETE FROM ps_contacts WHERE endpoint IN (?)';

/** Registered devices. Asterisk writes these rows; the service only reads and deletes them. */
@Injectable()
export class AsteriskContacts {
  constructor(
    private readonly database: AsteriskDatabase,
    private readonly log: Log,
  ) {}

  /** The contacts of an endpoint; none when the endpoint does not exist, even if Asterisk wrote contacts for it. */
  list(endpointId: string): Promise<PsContactRow[]> {
    return this.database.read((manager) =>
      manager.query<PsContactRow[]>(
        `SELECT ${CONTACT_COLUMNS} FROM ps_contacts c
          WHERE c.endpoint = ? AND EXISTS (SELECT 1 FROM ps_endpoints e WHERE e.id = ?)`,
        [endpointId, endpointId],
      ),
    );
  }

  /**
   * At most `limit` contacts that name the endpoint, and as many whose id is of its AOR, whatever endpoint they name.
   * Asterisk finds contacts by their id, `<aor>;@<hash>`.
   */
  async listStored(endpointId: string, aorId: string, limit: number): Promise<PsContactRow[]> {
    const select = `SELECT ${CONTACT_COLUMNS} FROM ps_contacts WHERE`;
    const ofAor = `${aorId.replace(/[|%_]/g, '|$&')}^3B@%`;
    const [named, owned] = await this.database.read(async (manager) => [
      await manager.query<PsContactRow[]>(`${select} endpoint = ? LIMIT ${limit}`, [endpointId]),
      await manager.query<PsContactRow[]>(`${select} id LIKE ? ESCAPE '|' LIMIT ${limit}`, [ofAor]),
    ]);
    return [...new Map([...named, ...owned].map((row) => [row.id, row])).values()];
  }

  /** The distinct endpoint ids in the contacts, in key order, after `after`. */
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

  /** Deletes all contacts of endpoints: their devices cannot be called until they register again. */
  async delete(asterisk: EntityManager, ...endpointIds: readonly string[]): Promise<void> {
    await asterisk.query(DELETE_ALL, [endpointIds]);
  }

  /**
   * Deletes the contacts of an endpoint whose password changes. Where one was registered, deletes them again a moment
   * after the commit: Asterisk may have let its refresh in with the former password, and inserts the contact late. A
   * device with the new password cannot have registered by then, because nobody has the reply yet.
   */
  async endRegistrations(asterisk: EntityManager, endpointId: string): Promise<void> {
    const { affectedRows } = await asterisk.query<{ affectedRows: number }>(DELETE_ALL, [[endpointId]]);
    if (affectedRows > 0) afterCommit(asterisk, () => this.deleteLate(endpointId));
  }

  private async deleteLate(endpointId: string): Promise<void> {
    await pause(UNDER_WAY_MS);
    try {
      await this.database.read((manager) => manager.query(DELETE_ALL, [[endpointId]]));
    } catch (error) {
      this.log.warning('Contacts that came late were not deleted', { error });
    }
  }

  /**
   * Deletes the contacts of an endpoint that does not exist, and returns how many. A REGISTER that Asterisk handles
   * during a delete can leave such contacts.
   */
  async deleteStray(asterisk: EntityManager, endpointId: string): Promise<number> {
    const { affectedRows } = await asterisk.query<{ affectedRows: number }>(
      `DELETE FROM ps_contacts WHERE endpoint = ? AND NOT EXISTS (SELECT 1 FROM ps_endpoints e WHERE e.id = ?)`,
      [endpointId, endpointId],
    );
    return affectedRows;
  }
}

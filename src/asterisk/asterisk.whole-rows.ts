import { Injectable } from '@nestjs/common';
import { AsteriskDatabase } from '../platform/database/source/databases';
import { LOGIN_TABLES, type LoginPart } from './asterisk.rows';
import type { EndpointIdentity } from './endpoint-identity';
import { wholeRowOf, type WholeRow } from './whole-row';

/** More than one row only where the table has no unique key. */
const ROWS_MAX = 5;

/** The rows of a login, in the order in which the database gives them. */
export type WholeLogin = Readonly<Record<LoginPart, readonly WholeRow[]>>;

/** Reads rows of the realtime tables with the columns that operators set, too. */
@Injectable()
export class AsteriskWholeRows {
  constructor(private readonly database: AsteriskDatabase) {}

  find({ aorId, authId, endpointId }: Omit<EndpointIdentity, 'realm'>): Promise<WholeLogin> {
    return this.database.read(async (manager) => {
      const rows = async (part: LoginPart, id: string): Promise<WholeRow[]> => {
        const sql = `SELECT * FROM ${LOGIN_TABLES[part]} WHERE id = ? LIMIT ${ROWS_MAX}`;
        return (await manager.query<Record<string, unknown>[]>(sql, [id])).map(wholeRowOf);
      };
      return {
        aor: await rows('aor', aorId),
        auth: await rows('auth', authId),
        endpoint: await rows('endpoint', endpointId),
      };
    });
  }
}

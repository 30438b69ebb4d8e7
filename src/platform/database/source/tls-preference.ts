import { createConnection } from 'mysql2/promise';
import type { MysqlAddress } from './dsn';
import { safeDatabaseError } from '../mysql-errors';
import { connectionOptions } from '../schema/database-creation';

/** As the Go driver's `preferred`: who listens on the way is kept out, who stands in it is not. */
const UNVERIFIED = { rejectUnauthorized: false, verifyIdentity: false };
const CONNECT_TIMEOUT_MS = 2_000;

/**
 * What `tls=preferred` comes to with this server: encrypted when it offers TLS, plain when it does not. Any other address
 * is returned as it is. Throws when the database is away.
 */
export async function settleTls(address: MysqlAddress): Promise<MysqlAddress> {
  if (address.params.tls !== 'preferred') return address;
  const encrypted = { ...address, params: { ...address.params, ssl: UNVERIFIED } };
  try {
    const connection = await createConnection({
      connectTimeout: CONNECT_TIMEOUT_MS,
      ...connectionOptions(encrypted),
    });
    await connection.end();
    return encrypted;
  } catch (error) {
    if (safeDatabaseError(error).code === 'HANDSHAKE_NO_SSL_SUPPORT') return address;
    throw error;
  }
}

import { createConnection, type Connection, type ConnectionOptions } from 'mysql2/promise';
import { safeDatabaseError } from '../mysql-errors';
import type { MysqlAddress } from './dsn';

const CONNECT_TIMEOUT_MS = 2_000;
/** As the Go driver's `preferred`: who listens on the way is kept out, who stands in it is not. */
const UNVERIFIED = { rejectUnauthorized: false, verifyIdentity: false };

/** The DSN's own time, or ours: the driver's would be longer than a request may wait. */
export function connectTimeoutMs({ params }: MysqlAddress): number {
  return params.timeoutMs || CONNECT_TIMEOUT_MS;
}

/** One connection beside the pool. Its session is the server's own. */
export function connect(address: MysqlAddress, more: ConnectionOptions = {}): Promise<Connection> {
  const { user, password, host, port, socketPath, params } = address;
  return createConnection({
    user,
    password,
    ...(socketPath === undefined ? { host, port } : { socketPath }),
    ...(params.ssl !== undefined && { ssl: params.ssl }),
    ...(params.isCleartextAllowed === true && { enableCleartextPlugin: true }),
    connectTimeout: connectTimeoutMs(address),
    ...more,
  });
}

/**
 * What `tls=preferred` comes to with this server: encrypted when it offers TLS, plain when it does not. Any other address
 * is returned as it is. Throws when the database is away.
 */
export async function settleTls(address: MysqlAddress): Promise<MysqlAddress> {
  if (address.params.tls !== 'preferred') return address;
  const encrypted = { ...address, params: { ...address.params, ssl: UNVERIFIED } };
  try {
    await (await connect(encrypted)).end();
    return encrypted;
  } catch (error) {
    if (safeDatabaseError(error).code === 'HANDSHAKE_NO_SSL_SUPPORT') return address;
    throw error;
  }
}

import { createConnection, type Connection, type ConnectionOptions } from 'mysql2/promise';
import { safeDatabaseError } from '../mysql-errors';
import type { MysqlAddress } from './dsn';

const CONNECT_TIMEOUT_MS = 2_000;
/** As the Go driver's `preferred`: it stops eavesdroppers, but not a man in the middle. */
const UNVERIFIED = { rejectUnauthorized: false, verifyIdentity: false };

/** The DSN's time-out, or ours: the driver's default is longer than a request may wait. */
export function connectTimeoutMs({ params }: MysqlAddress): number {
  return params.timeoutMs || CONNECT_TIMEOUT_MS;
}

/** Opens one connection outside the pool. Its session keeps the settings of the server. */
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
 * Resolves `tls=preferred` for this server: encrypted when it offers TLS, plain when it does not. Any other address is
 * returned as it is. Throws when the database is away.
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

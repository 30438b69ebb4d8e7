import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import type { MysqlAddress } from '../source/dsn';
import { isUnknownDatabase } from '../mysql-errors';

/** Creates the database that the address names, when the server says it does not exist; tells whether it did. */
export async function createDatabaseIfMissing(address: MysqlAddress): Promise<boolean> {
  if (address.database === '' || (await exists(address))) return false;
  const connection = await createConnection(connectionOptions(address));
  try {
    const name = `\`${address.database.replaceAll('`', '``')}\``;
    await connection.query(`CREATE DATABASE IF NOT EXISTS ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`);
    return true;
  } finally {
    await connection.end();
  }
}

async function exists(address: MysqlAddress): Promise<boolean> {
  let connection: Connection;
  try {
    connection = await createConnection({ ...connectionOptions(address), database: address.database });
  } catch (error) {
    if (isUnknownDatabase(error)) return false;
    throw error;
  }
  await connection.end();
  return true;
}

export function connectionOptions({ user, password, host, port, socketPath, params }: MysqlAddress): ConnectionOptions {
  return {
    user,
    password,
    ...(socketPath === undefined ? { host, port } : { socketPath }),
    ...(params.ssl !== undefined && { ssl: params.ssl }),
    ...(params.timeoutMs !== undefined && params.timeoutMs > 0 && { connectTimeout: params.timeoutMs }),
  };
}

import { isOfClass } from '../mysql-errors';
import { connect } from '../source/connection';
import type { MysqlAddress } from '../source/dsn';

/** Creates the database of the address if the server says that it does not exist. True when it was created. */
export async function createDatabaseIfMissing(address: MysqlAddress): Promise<boolean> {
  if (address.database === '' || (await exists(address))) return false;
  const connection = await connect(address);
  try {
    const name = `\`${address.database.replaceAll('`', '``')}\``;
    await connection.query(`CREATE DATABASE IF NOT EXISTS ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`);
    return true;
  } finally {
    await connection.end();
  }
}

async function exists(address: MysqlAddress): Promise<boolean> {
  try {
    await (await connect(address, { database: address.database })).end();
    return true;
  } catch (error) {
    if (isOfClass(error, 'unknownDatabase')) return false;
    throw error;
  }
}

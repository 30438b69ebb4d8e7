import { DataSource } from 'typeorm';
import { parseDsn } from '../../src/platform/database/source/dsn';
import { ASTERISK_MIGRATIONS, BIN_MIGRATIONS, MIGRATIONS_TABLE } from '../../src/platform/database/schema/migrations';
import type { TestDatabase } from './database';

/** A data source as the service opens one; through another port where a proxy stands before the server. */
export async function openSource(database: TestDatabase, side: 'bin' | 'asterisk', port?: number): Promise<DataSource> {
  const { user, password, host, port: own } = parseDsn(database.dsn(port));
  return new DataSource({
    type: 'mysql',
    host,
    port: own,
    username: user,
    password,
    database: database.name,
    charset: 'utf8mb4',
    dateStrings: true,
    migrations: side === 'bin' ? BIN_MIGRATIONS : ASTERISK_MIGRATIONS,
    migrationsTableName: MIGRATIONS_TABLE,
  }).initialize();
}

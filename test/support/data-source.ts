import { DataSource } from 'typeorm';
import { parseDsn } from '../../src/platform/database/source/dsn';
import type { TestDatabase } from './database';

/** A data source with the settings of the service; `port` is the port of a proxy, if any. */
export async function openSource(database: TestDatabase, port?: number): Promise<DataSource> {
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
  }).initialize();
}

import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import type { MysqlAddress } from './dsn';
import { ASTERISK_MIGRATIONS } from '../schema/migrations/asterisk';
import { BIN_MIGRATIONS } from '../schema/migrations/bin';
import { StatementOwners } from './statement-owners';

export type DataSourceName = 'bin' | 'asterisk';

const CONNECT_TIMEOUT_MS = 2_000;
const KEEP_ALIVE_AFTER_MS = 10_000;
const MIGRATIONS = { bin: BIN_MIGRATIONS, asterisk: ASTERISK_MIGRATIONS };

/**
 * How one data source connects. Times stay text (`dateStrings`), JSON stays text (`jsonStrings`): neither may pass
 * through `Date` or a driver's own parser, which differ between MySQL and MariaDB.
 */
export function dataSourceOptions(name: DataSourceName, address: MysqlAddress, poolSize: number): TypeOrmModuleOptions {
  return {
    name,
    type: 'mysql',
    ...(address.socketPath === undefined ? { host: address.host, port: address.port } : {}),
    username: address.user,
    password: address.password,
    database: address.database,
    charset: 'utf8mb4',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: false,
    connectTimeout: address.params.timeoutMs || CONNECT_TIMEOUT_MS,
    poolSize,
    entities: [],
    migrations: MIGRATIONS[name],
    migrationsTableName: 'registrar_migrations',
    synchronize: false,
    logging: false,
    logger: new StatementOwners(false),
    autoLoadEntities: true,
    manualInitialization: true,
    ...(address.params.ssl === undefined ? {} : { ssl: address.params.ssl }),
    extra: {
      jsonStrings: true,
      ...(address.params.isCleartextAllowed === true ? { enableCleartextPlugin: true } : {}),
      maxIdle: poolSize,
      enableKeepAlive: true,
      // The kernel's own two hours are longer than any NAT remembers.
      keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
      ...(address.socketPath === undefined ? {} : { socketPath: address.socketPath }),
    },
  };
}

import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { AbstractLogger, type DataSource, type QueryRunner } from 'typeorm';
import { driverErrorOf } from '../mysql-errors';
import { connectTimeoutMs } from './connection';
import type { MysqlAddress } from './dsn';

export type DataSourceName = 'bin' | 'asterisk';

const KEEP_ALIVE_AFTER_MS = 10_000;

/**
 * How one data source connects. Times stay text (`dateStrings`), JSON stays text (`jsonStrings`): neither may pass
 * through `Date` or a driver's own parser, which differ between MySQL and MariaDB.
 */
export function dataSourceOptions(name: DataSourceName, address: MysqlAddress, poolSize: number): TypeOrmModuleOptions {
  const { user, password, database, host, port, socketPath, params } = address;
  return {
    name,
    type: 'mysql',
    ...(socketPath === undefined && { host, port }),
    username: user,
    password,
    database,
    charset: 'utf8mb4',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: false,
    connectTimeout: connectTimeoutMs(address),
    poolSize,
    entities: [],
    synchronize: false,
    logging: false,
    logger: new StatementOwners(false),
    autoLoadEntities: true,
    manualInitialization: true,
    ...(params.ssl !== undefined && { ssl: params.ssl }),
    extra: {
      jsonStrings: true,
      ...(params.isCleartextAllowed === true && { enableCleartextPlugin: true }),
      maxIdle: poolSize,
      enableKeepAlive: true,
      // The kernel's own two hours are longer than any NAT remembers.
      keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
      ...(socketPath !== undefined && { socketPath }),
    },
  };
}

const owners = new WeakMap<object, DataSource>();

/**
 * Whose statement failed. Work on both databases goes through the hands of both, and an error does not say which of them it
 * is from; TypeORM tells its logger.
 */
class StatementOwners extends AbstractLogger {
  override logQueryError(error: string | Error, _query: string, _parameters?: unknown, runner?: QueryRunner): void {
    if (typeof error === 'object' && runner !== undefined) owners.set(error, runner.dataSource);
  }

  protected override writeLog(): void {
    // What is worth a line is logged where the error is handled.
  }
}

/** False when the error is known to be from another data source. */
export function mayBeOf(dataSource: DataSource, error: unknown): boolean {
  const owner = owners.get(driverErrorOf(error));
  return owner === undefined || owner === dataSource;
}

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
      // Every text is constant, and values are escaped (docs/decisions/0047).
      multipleStatements: true,
      // Nothing is prepared, and the driver allocates half a megabyte for each connection's 16,000.
      maxPreparedStatements: 1,
      ...(params.isCleartextAllowed === true && { enableCleartextPlugin: true }),
      maxIdle: poolSize,
      enableKeepAlive: true,
      // The kernel's default of two hours is longer than a NAT keeps an idle connection.
      keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
      ...(socketPath !== undefined && { socketPath }),
    },
  };
}

const owners = new WeakMap<object, DataSource>();

/**
 * Records which data source an error came from. Work on both databases passes its error through both, and the error
 * does not name its source; TypeORM gives it to its logger.
 */
class StatementOwners extends AbstractLogger {
  override logQueryError(error: string | Error, _query: string, _parameters?: unknown, runner?: QueryRunner): void {
    if (typeof error === 'object' && runner !== undefined) noteOwner(error, runner.dataSource);
  }

  protected override writeLog(): void {
    // Errors are logged where they are handled.
  }
}

/** Records which data source an error of the driver came from. */
export function noteOwner(error: object, dataSource: DataSource): void {
  owners.set(error, dataSource);
}

/** False when the error is known to be from another data source. */
export function mayBeOf(dataSource: DataSource, error: unknown): boolean {
  const owner = owners.get(driverErrorOf(error));
  return owner === undefined || owner === dataSource;
}

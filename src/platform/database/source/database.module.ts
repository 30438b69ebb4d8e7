import {
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from '../../config/config';
import { HealthRegistry } from '../../observability/health/health-registry';
import { Log } from '../../observability/log/logger';
import { Metrics } from '../../observability/metrics/metrics';
import { dataSourceOptions, type DataSourceName } from './data-source.options';
import type { Database } from './database';
import { AsteriskDatabase, BinDatabase } from './databases';
import { parseDsn } from './dsn';
import { createDatabaseIfMissing } from '../schema/database-creation';
import { SchemaApplier } from '../schema/schema.service';
import { SchemaGuard } from '../schema/schema-guard';
import { SchemaIncomplete } from '../schema/schema-report';
import { Transactions } from '../transactions';

const RETRY_MS = 1_000;
const PLAIN = 'The connection is not encrypted: tls=preferred, and the server offers no TLS';

/** At start: waited for without end, and brought up to date. By caller: each caller connects the databases that it needs. */
type DatabaseOpening = 'at-start' | 'by-caller';
const OPENING = Symbol('database-opening');

const dataSource = (name: DataSourceName, dsnOf: (config: Config) => string): DynamicModule =>
  TypeOrmModule.forRootAsync({
    name,
    inject: [Config],
    useFactory: (config: Config) => dataSourceOptions(name, parseDsn(dsnOf(config)), config.databasePoolSize),
  });

/** Both databases, connected and complete before anything else starts. A database that is away is waited for. */
@Global()
@Module({
  imports: [
    dataSource('bin', ({ databaseDsnBin }) => databaseDsnBin),
    dataSource('asterisk', ({ databaseDsnAsterisk }) => databaseDsnAsterisk),
  ],
  providers: [
    AsteriskDatabase,
    BinDatabase,
    SchemaGuard,
    Transactions,
    { provide: OPENING, useValue: 'at-start' },
    { provide: SchemaApplier, useValue: new SchemaApplier() },
  ],
  exports: [AsteriskDatabase, BinDatabase, SchemaApplier, SchemaGuard, Transactions],
})
export class DatabaseModule implements OnModuleInit, OnApplicationShutdown {
  /** For the command line: it decides itself what it needs, how long it waits, and never changes the schema unasked. */
  static openedByCaller(): DynamicModule {
    return { module: DatabaseModule, providers: [{ provide: OPENING, useValue: 'by-caller' }] };
  }

  private isStopping = false;

  constructor(
    private readonly config: Config,
    private readonly bin: BinDatabase,
    private readonly asterisk: AsteriskDatabase,
    private readonly schema: SchemaGuard,
    private readonly metrics: Metrics,
    private readonly health: HealthRegistry,
    @Inject(Log) private readonly log: Log,
    @Inject(OPENING) private readonly opening: DatabaseOpening,
  ) {}

  async onModuleInit(): Promise<void> {
    for (const database of [this.bin, this.asterisk]) {
      this.health.register({
        name: `database-${database.name}`,
        kind: 'required',
        check: () => database.ping(),
      });
      database.guardWrites(() => this.schema.assertWritable(database));
      this.metrics.onScrape(`pool-${database.name}`, () => this.metrics.poolUse(database.name, database.poolUse()));
    }
    if (this.opening === 'by-caller') return;
    await this.open(this.bin);
    await this.open(this.asterisk);
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await Promise.all([this.bin.close(), this.asterisk.close()]);
  }

  private async open(database: Database): Promise<void> {
    while (!this.isStopping) {
      try {
        if (this.config.databaseMigrate === 'auto') await createDatabaseIfMissing(await database.address());
        await database.connect();
        if (database.isPlainForWantOfTls) this.log.warning(PLAIN, { database: database.name });
        await this.schema.ensure(database);
        return;
      } catch (error) {
        if (error instanceof SchemaIncomplete) throw error;
        this.log.warning('Waiting for a database', { database: database.name, error });
        await database.close().catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}

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
import { Metrics } from '../../observability/metrics/metrics';
import { dataSourceOptions, type DataSourceName } from './data-source.options';
import { DatabaseOpening } from './database-opening';
import { AsteriskDatabase, BinDatabase } from './databases';
import { parseDsn } from './dsn';
import { SchemaApplier } from '../schema/schema.service';
import { SchemaGuard } from '../schema/schema-guard';
import { Transactions } from '../transactions';

const dataSource = (name: DataSourceName, dsnOf: (config: Config) => string): DynamicModule =>
  TypeOrmModule.forRootAsync({
    name,
    inject: [Config],
    useFactory: (config: Config) => dataSourceOptions(name, parseDsn(dsnOf(config)), config.databasePoolSize),
  });

/** Opens both databases and completes their schemas before requests are served. Waits for a database that is away. */
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
    DatabaseOpening,
    {
      provide: SchemaApplier,
      inject: [Config],
      useFactory: ({ asteriskEndpointDefaults }: Config) => new SchemaApplier({ defaults: asteriskEndpointDefaults }),
    },
  ],
  exports: [AsteriskDatabase, BinDatabase, SchemaApplier, SchemaGuard, Transactions],
})
export class DatabaseModule implements OnModuleInit, OnApplicationShutdown {
  /** For the command line, which decides what it opens and how long it waits, and changes a schema only when asked. */
  static openedByCaller(): DynamicModule {
    return { module: DatabaseModule, providers: [{ provide: DatabaseOpening, useValue: null }] };
  }

  constructor(
    private readonly bin: BinDatabase,
    private readonly asterisk: AsteriskDatabase,
    private readonly schema: SchemaGuard,
    private readonly metrics: Metrics,
    private readonly health: HealthRegistry,
    @Inject(DatabaseOpening) private readonly opening: DatabaseOpening | null,
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
    await this.opening?.open(this.bin);
    await this.opening?.open(this.asterisk);
  }

  async onApplicationShutdown(): Promise<void> {
    this.opening?.stop();
    await Promise.all([this.bin.close(), this.asterisk.close()]);
  }
}

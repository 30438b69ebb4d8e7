import { AmqpConnection } from '@golevelup/nestjs-rabbitmq';
import { Test, type TestingModule } from '@nestjs/testing';
import { AppModule } from '../../src/app.module';
import { AsteriskModule } from '../../src/asterisk/asterisk.module';
import { ClientsModule } from '../../src/clients/clients.module';
import { ContactModule } from '../../src/contact/contact.module';
import { DiagnosisModule } from '../../src/diagnosis/diagnosis.module';
import { ExtensionModule } from '../../src/extension/extension.module';
import { CacheModule } from '../../src/platform/cache/cache';
import { ClockModule } from '../../src/platform/wire/wire-time';
import { type Config, ConfigModule, loadConfig } from '../../src/platform/config/config';
import { DatabaseModule } from '../../src/platform/database/source/database.module';
import { MessagingModule } from '../../src/platform/messaging/messaging.module';
import { MilestonesModule } from '../../src/platform/milestones/milestones.module';
import { HealthModule } from '../../src/platform/observability/health/health.module';
import { LoggingModule } from '../../src/platform/observability/log/logging.module';
import { MetricsModule } from '../../src/platform/observability/metrics/metrics.module';
import { SavingModule } from '../../src/platform/database/saving/saving.module';
import { ReconcileModule } from '../../src/reconcile/reconcile.module';
import { SipAuthModule } from '../../src/sip-auth/sip-auth.module';
import { TrunkModule } from '../../src/trunk/trunk.module';
import { TestDatabase } from './database';
import { backingServers } from './environment';
import { VirtualHost } from './management';
import { REDIS_DATABASE } from './redis';
import { BASE_DOMAIN_EXTENSION, BASE_DOMAIN_TRUNK } from './world';

export interface ApplicationOptions {
  /** Includes consumers, timers and repairs, as in a replica. */
  readonly whole?: boolean;
  readonly replicas?: number;
  readonly environment?: Record<string, string>;
}

/** The modules of the service in the process of the test, on databases of their own. */
export class Application {
  readonly replicas: TestingModule[] = [];
  readonly log: string[] = [];

  private constructor(
    readonly vhost: VirtualHost,
    readonly bin: TestDatabase,
    readonly asterisk: TestDatabase,
    private readonly options: ApplicationOptions,
  ) {}

  static async open(options: ApplicationOptions = {}): Promise<Application> {
    const [vhost, bin, asterisk] = [
      await VirtualHost.create(),
      await TestDatabase.create('bin'),
      await TestDatabase.create('asterisk'),
    ];
    const application = new Application(vhost, bin, asterisk, options);
    try {
      for (let replica = 0; replica < (options.replicas ?? 1); replica++) await application.start();
      return application;
    } catch (error) {
      await application.close();
      throw error;
    }
  }

  get module(): TestingModule {
    const [first] = this.replicas;
    if (!first) throw new Error('no replica was started');
    return first;
  }

  async start(whole = this.options.whole ?? false, environment: Record<string, string> = {}): Promise<TestingModule> {
    const config = this.config(environment);
    const module = await Test.createTestingModule({
      imports: whole ? [AppModule.forRoot(config)] : this.parts(config),
    }).compile();
    this.replicas.push(module);
    await module.init();
    return module;
  }

  async stop(replica: TestingModule): Promise<void> {
    this.replicas.splice(this.replicas.indexOf(replica), 1);
    await replica.close();
    // The library keeps its connections in one registry for the process, so with several replicas it closes only one.
    await replica.get(AmqpConnection, { strict: false }).managedConnection.close();
  }

  async close(): Promise<void> {
    for (const replica of [...this.replicas]) await this.stop(replica);
    await this.bin.drop();
    await this.asterisk.drop();
    await this.vhost.delete();
  }

  private config(environment: Record<string, string>): Config {
    const { redis } = backingServers();
    return loadConfig({
      argv: [],
      cwd: '/',
      env: {
        DATABASE_DSN_BIN: this.bin.dsn(),
        DATABASE_DSN_ASTERISK: this.asterisk.dsn(),
        RABBITMQ_ADDRESS: this.vhost.address,
        REDIS_ADDRESS: `${redis.host}:${redis.port}`,
        REDIS_DATABASE: String(REDIS_DATABASE),
        DOMAIN_NAME_EXTENSION: BASE_DOMAIN_EXTENSION,
        DOMAIN_NAME_TRUNK: BASE_DOMAIN_TRUNK,
        RESOURCE_LIMIT_CHECK: 'off',
        DIRECT_HASH: 'off',
        LOG_LEVEL: 'info',
        ...this.options.environment,
        ...environment,
      },
    });
  }

  private parts(config: Config): NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']> {
    const sink = { write: (line: string) => void this.log.push(line) };
    return [
      ConfigModule.forRoot(config),
      LoggingModule.forRoot(config, sink),
      MetricsModule.forRoot(config),
      MessagingModule.forRoot({ consume: false, publisher: 'registrar-manager' }),
      ...[CacheModule, ClockModule, DatabaseModule, HealthModule, MilestonesModule, SavingModule],
      ...[ExtensionModule, TrunkModule, ContactModule, AsteriskModule, SipAuthModule, ClientsModule, ReconcileModule],
      DiagnosisModule,
    ];
  }
}

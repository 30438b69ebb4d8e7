import { type DynamicModule, Module } from '@nestjs/common';
import { AmiWatchModule } from './asterisk/ami/ami-watch.module';
import { AsteriskModule } from './asterisk/asterisk.module';
import { ClientsModule } from './clients/clients.module';
import { ContactModule } from './contact/contact.module';
import { CustomerModule } from './customer/customer.module';
import { ExtensionModule } from './extension/extension.module';
import { CacheModule } from './platform/cache/cache';
import { ClockModule } from './platform/wire/wire-time';
import { type Config, ConfigModule } from './platform/config/config';
import { DatabaseModule } from './platform/database/source/database.module';
import { DatabaseWatchModule } from './platform/database/source/database-watch.module';
import { MessagingModule } from './platform/messaging/messaging.module';
import { MilestonesModule } from './platform/milestones/milestones.module';
import { HealthModule } from './platform/observability/health/health.module';
import { LoggingModule } from './platform/observability/log/logging.module';
import { MetricsModule } from './platform/observability/metrics/metrics.module';
import { SavingModule } from './platform/database/saving/saving.module';
import { ReconcileModule } from './reconcile/reconcile.module';
import { ReconcileScheduleModule } from './reconcile/reconcile-schedule.module';
import { ServiceLifecycle } from './service.lifecycle';
import { SipAuthModule } from './sip-auth/sip-auth.module';
import { TrunkModule } from './trunk/trunk.module';

const FEATURES = [
  ExtensionModule,
  TrunkModule,
  ContactModule,
  AsteriskModule,
  SipAuthModule,
  CustomerModule,
  ClientsModule,
  ReconcileModule,
];

const PLATFORM = [CacheModule, ClockModule, DatabaseModule, HealthModule, MilestonesModule, SavingModule];

/** The service's root module. */
@Module({})
export class AppModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        LoggingModule.forRoot(config),
        MetricsModule.forRoot(config),
        MessagingModule.forRoot({ consume: true, publisher: 'registrar-manager' }),
        ...PLATFORM,
        ...FEATURES,
        DatabaseWatchModule,
        AmiWatchModule,
        ReconcileScheduleModule,
      ],
      providers: [ServiceLifecycle],
    };
  }
}

import { type DynamicModule, Module } from '@nestjs/common';
import { AsteriskModule } from '../asterisk/asterisk.module';
import { ClientsModule } from '../clients/clients.module';
import { ContactModule } from '../contact/contact.module';
import { DiagnosisModule } from '../diagnosis/diagnosis.module';
import { ExtensionModule } from '../extension/extension.module';
import { CacheModule } from '../platform/cache/cache';
import { ClockModule } from '../platform/wire/wire-time';
import { type Config, ConfigModule } from '../platform/config/config';
import { DatabaseModule } from '../platform/database/source/database.module';
import { MessagingModule } from '../platform/messaging/messaging.module';
import { EventTail } from './commands/event-tail';
import { MilestonesModule } from '../platform/milestones/milestones.module';
import { HealthModule } from '../platform/observability/health/health.module';
import { LoggingModule } from '../platform/observability/log/logging.module';
import { MetricsModule } from '../platform/observability/metrics/metrics.module';
import { SavingModule } from '../platform/database/saving/saving.module';
import { ReconcileModule } from '../reconcile/reconcile.module';
import { SipAuthModule } from '../sip-auth/sip-auth.module';
import { TrunkModule } from '../trunk/trunk.module';

const FEATURES = [
  ExtensionModule,
  TrunkModule,
  ContactModule,
  AsteriskModule,
  SipAuthModule,
  ClientsModule,
  ReconcileModule,
  DiagnosisModule,
];

const PLATFORM = [CacheModule, ClockModule, HealthModule, MilestonesModule, SavingModule];

/** The modules of the service for the command line: without consumers, and connected only when a command needs it. */
@Module({})
export class CliModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: CliModule,
      imports: [
        ConfigModule.forRoot(config),
        LoggingModule.forRoot(config),
        MetricsModule.forRoot(config),
        DatabaseModule.openedByCaller(),
        MessagingModule.forRoot({ consume: false, publisher: 'registrar-control' }),
        ...PLATFORM,
        ...FEATURES,
      ],
      providers: [EventTail],
    };
  }
}

import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AsteriskModule } from '../asterisk/asterisk.module';
import { ClientsModule } from '../clients/clients.module';
import { SipAuthModule } from '../sip-auth/sip-auth.module';
import { ExtensionChanges } from './extension.changes';
import { ExtensionCreation } from './extension.creation';
import { ExtensionDirectHash } from './extension.direct-hash';
import { ExtensionController } from './extension.controller';
import { ExtensionEntity } from './extension.entity';
import { ExtensionProvisioning } from './extension.provisioning';
import { ExtensionRepository } from './extension.repository';
import { ExtensionService } from './extension.service';

@Module({
  imports: [TypeOrmModule.forFeature([ExtensionEntity], 'bin'), AsteriskModule, SipAuthModule, ClientsModule],
  controllers: [ExtensionController],
  providers: [
    ExtensionCreation,
    ExtensionDirectHash,
    ExtensionChanges,
    ExtensionProvisioning,
    ExtensionRepository,
    ExtensionService,
  ],
  exports: [ExtensionProvisioning, ExtensionService],
})
export class ExtensionModule {}
